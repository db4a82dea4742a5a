-- line_end: notices that Redis has lost the line's key. Needs room, failover.
--
-- `line_end` is the arrival of the last member who entered, and 0 once a script has emptied the line: an
-- empty line is lost where nobody has emptied it.

-- Whether the line is empty though nobody has emptied it. An admitter of an earlier version does not
-- reset `line_end`, but raises `front`.
local function is_line_lost(room, size)
  return size == 0 and room.line_end > 0 and room.front < room.line_end
end

local function note_lost_line(room, now, size, keys)
  if not is_line_lost(room, size) then return end
  room.line_end = 0
  redis.call('HSET', keys.room, 'line_end', '0')
  await_return(room, now, keys, nil)
end
