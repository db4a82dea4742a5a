-- lost_keys: notices that Redis has lost single keys of a room, deleted or evicted. Needs room, failover.
--
-- A hash that holds members keeps a field '' for good (`keeps_fields`), so it does not vanish when it is
-- empty. The line is lost where it is empty and no script has emptied it (`line_end`).

local function keep_fields(keys)
  -- Later than any arrival, as the watermark takes the least.
  redis.call('HSET', keys.arrivals, '', '9007199254740991')
  redis.call('HSET', keys.outcomes, '', '-')
  redis.call('HSET', keys.last_seen, '', '0')
  redis.call('HSET', keys.away, '', '0 0')
end

-- The line is complete, but members' outcomes, or when they were seen, may be lost: Postgres knows the
-- outcomes, and nobody counts as silent before they had time to ask.
local function note_lost_hashes(room, now, keys)
  if not room.keeps_fields then return end
  if redis.call('EXISTS', keys.arrivals, keys.outcomes, keys.last_seen, keys.away) == 4 then return end
  if room.is_site and redis.call('EXISTS', keys.outcomes) == 0 then
    redis.call('HSET', keys.room, 'relinks_visits', '1') -- visits.lua
  end
  keep_fields(keys)
  redis.call('HDEL', keys.bucket, 'heard_at', 'hearing_since')
  await_return(room, now, keys, survives_until(room, now))
end

-- An admitter of an earlier version does not reset `line_end`, but raises `front`.
local function is_line_lost(room, size)
  return size == 0 and room.line_end > 0 and room.front < room.line_end
end

-- Returns whether members have left through a process of an earlier version since the last call: it does
-- not reset `line_end` where the line is empty then.
local function has_left_unseen(keys)
  local left = tonumber(redis.call('HGET', keys.tally, 'left') or 0)
  if left <= tonumber(redis.call('HGET', keys.room, 'left_count') or 0) then return false end
  redis.call('HSET', keys.room, 'left_count', digits(left))
  return true
end

local function note_lost_line(room, now, size, keys)
  if not is_line_lost(room, size) then return end
  room.line_end = 0
  redis.call('HSET', keys.room, 'line_end', '0')
  if not has_left_unseen(keys) then await_return(room, now, keys, nil) end
end
