-- emptied: notes that a script has emptied the line, so that it is not taken for lost (line_end.lua).

local function note_if_emptied(keys)
  if redis.call('EXISTS', keys.waiting) == 1 or redis.call('EXISTS', keys.room) == 0 then return end
  redis.call('HSET', keys.room, 'line_end', '0')
end
