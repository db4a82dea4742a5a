-- walk_in: calls visitors of a site as they enter, while nobody waits. Needs clock, room, bulk, meter,
-- bucket, visit.

-- Returns how many visitors the room's rate and its free seats allow to walk in.
local function walk_ins_allowed(room, now, keys)
  read_visit_rules(room, keys)
  if room.state ~= 'open' or is_undrawn(room) or restoring_until(room, now) > 0 then return 0 end
  if room.passthrough == 'on' then return math.huge end
  if room.passthrough ~= 'auto' then return 0 end
  if room.keeps_visits and redis.call('EXISTS', keys.inside) == 0 then return 0 end -- lost
  local under_way = math.max(redis.call('ZCARD', keys.admitted), redis.call('HLEN', keys.arrivals) - 1)
  local free = room.seats - under_way - count_living(now, keys)
  local v = redis.call('HMGET', keys.bucket, 'tokens', 'at')
  local tokens = refilled(room, tonumber(v[1] or room.burst), tonumber(v[2] or now), now)
  return math.max(0, math.floor(math.min(free, tokens)))
end

-- called: a list of member, arrival...
local function call_in(called, room, now, keys)
  local filed, admissions, count = {}, {}, #called / 2
  for i = 1, #called, 2 do
    filed[i], filed[i + 1] = digits(now + room.claim_us + i), called[i]
    admissions[i], admissions[i + 1] = called[i], digits(now)
  end
  call_with('ZADD', keys.admitted, filed)
  call_with('HSET', keys.arrivals, called)
  call_with('HSET', keys.admissions, admissions)
  local v = redis.call('HMGET', keys.bucket, 'tokens', 'at')
  local tokens = refilled(room, tonumber(v[1] or room.burst), tonumber(v[2] or now), now)
  redis.call('HSET', keys.bucket, 'tokens', math.max(0, tokens - count), 'at', digits(now))
  redis.call('HSET', keys.room, 'front', digits(math.max(room.front, tonumber(called[#called]))))
  redis.call('HINCRBY', keys.tally, 'admitted', count)
  redis.call('HINCRBY', keys.tally, 'walked_in', count)
  count_on_meter(keys.meter, 'admitted', count, now)
end
