-- visit_sweep: ends visits whose time is up, drops old records, and notices lost keys of visits. Needs clock,
-- room, failover, bulk, meter, visit, visits.
--
-- Each of these keys keeps an entry '' for good, so it does not vanish when it is empty: a missing one
-- is lost. `visits` has all records, from which the others are made again.

-- The most visits ended, and records dropped, in one call, as it blocks Redis.
local SWEPT_MAX = 1000

local function keep_visits(keys)
  redis.call('HSET', keys.visits, '', '-')
  redis.call('ZADD', keys.inside, 0, '')
  redis.call('ZADD', keys.claims, 0, '')
  redis.call('ZADD', keys.ended, 0, '')
  redis.call('HSET', keys.outcomes, '', '-')
  redis.call('HSET', keys.room, 'keeps_visits', '1', 'relinks_visits', '0')
end

local function index_visits(now, keys)
  local records = redis.call('HGETALL', keys.visits)
  for i = 1, #records, 2 do
    if records[i] ~= '' then index_visit(parse_visit(records[i], records[i + 1]), now, keys) end
  end
end

-- Where Redis has lost the records, members' passes bring their visits back; until those end, `inside`
-- counts them as before.
local function note_lost_visits(room, now, keys)
  local have = redis.call('EXISTS', keys.visits, keys.inside, keys.claims, keys.ended, keys.outcomes)
  if have == 5 and not room.relinks_visits then return end
  if room.keeps_visits and redis.call('EXISTS', keys.visits) == 0 then
    redis.call('DEL', keys.claims, keys.ended)
    await_return(room, now, keys, nil)
  end
  keep_visits(keys)
  index_visits(now, keys)
end

local function drop_old_visits(now, keys)
  local ids = redis.call('ZRANGEBYSCORE', keys.ended, 1, digits(now), 'LIMIT', 0, SWEPT_MAX)
  for _, id in ipairs(ids) do
    local visit = visit_with(id, keys)
    if visit and visit_id_in(redis.call('HGET', keys.outcomes, visit.member)) == id then
      redis.call('HDEL', keys.outcomes, visit.member)
    end
  end
  call_with('HDEL', keys.visits, ids)
  call_with('ZREM', keys.claims, ids)
  call_with('ZREM', keys.ended, ids)
end

local function sweep_visits(room, now, keys)
  note_lost_visits(room, now, keys)
  local over = redis.call('ZRANGEBYSCORE', keys.inside, 1, digits(now), 'LIMIT', 0, SWEPT_MAX)
  if #over > 0 then end_visits(over, 'e', now, keys) end
  drop_old_visits(now, keys)
end
