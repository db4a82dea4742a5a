-- leave: gives up a place in line, or the turn of a member who was called to a site; other admitted members
-- and outcomes stay.
--   KEYS[1] waiting (zset)   KEYS[2] tally (hash)   KEYS[3] last_seen (hash)   KEYS[4] away (hash)
--   KEYS[5] meter (hash)     KEYS[6] spent (hash: member, arrival)
--   KEYS[7] spent_unsaved (zset: member, since when in us)   KEYS[8] arrivals (hash)
--   KEYS[9] room (hash)      KEYS[10] admitted (zset)   KEYS[11] admissions (hash)
--   ARGV[1] member id        ARGV[2] the arrival on their ticket (us), 0 without one
--   returns 1 where the member gave up a place, else 0
--
-- Marks the member's ticket as spent: it would restore the place otherwise. Also where the line has lost
-- the member and they leave before returning. Who gives up a turn frees its seat.
--@include clock
--@include meter
--@include spent
--@include line_end

local now = now_us()
local member, ticket = ARGV[1], tonumber(ARGV[2])
local away = redis.call('HGET', keys.away, member)

-- Returns their arrival where they were called to a site.
local function give_up_turn()
  if redis.call('HGET', keys.room, 'kind') ~= 'site' then return nil end
  local arrival = redis.call('HGET', keys.arrivals, member)
  redis.call('ZREM', keys.admitted, member)
  redis.call('HDEL', keys.arrivals, member)
  redis.call('HDEL', keys.admissions, member)
  return arrival or nil
end

local arrival = redis.call('ZSCORE', keys.waiting, member) or (away and string.match(away, '^%d+'))
  or give_up_turn()
redis.call('HDEL', keys.last_seen, member)
if not arrival then
  local is_newer = ticket > tonumber(redis.call('HGET', keys.spent, member) or 0)
  if is_newer and redis.call('HEXISTS', keys.arrivals, member) == 0 then
    spend(now, member, digits(ticket), keys)
  end
  return 0
end
redis.call('ZREM', keys.waiting, member)
note_if_emptied(keys)
redis.call('HDEL', keys.away, member)
spend(now, member, arrival, keys)
redis.call('HINCRBY', keys.tally, 'left', 1)
if redis.call('EXISTS', keys.room) == 1 then redis.call('HINCRBY', keys.room, 'left_count', 1) end
count_on_meter(keys.meter, 'left', 1, now)
return 1
