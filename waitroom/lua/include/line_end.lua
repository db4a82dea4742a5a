-- line_end: the highest score that entered the line since a script last emptied it, or 0. By it an empty line
-- that nobody has emptied is noticed (lost_keys.lua).

-- The caller stores it. Above `front` also for members who return to places that the line has passed.
local function raise_line_end(room, score)
  room.line_end = math.max(room.line_end, score, room.front + 1)
end

local function note_if_emptied(keys)
  if redis.call('EXISTS', keys.waiting) == 1 or redis.call('EXISTS', keys.room) == 0 then return end
  redis.call('HSET', keys.room, 'line_end', '0')
end
