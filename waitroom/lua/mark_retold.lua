-- mark_retold: notes that all issued outcomes were reported again after a loss.
--   KEYS[1] room (hash)
--   ARGV[1] when that loss was found (us)
--   returns 1, or 0 after another loss since
--
-- Where the room is over then, the Redis before a failover may have told members so, who have left since:
-- `told_until` is when that ended, by either clock.
--@include clock
--@include room
--@include failover

local room = read_room(keys.room)
local v = redis.call('HMGET', keys.room, 'lost_at', 'failed_over_at')
if v[1] ~= ARGV[1] then return 0 end
redis.call('HSET', keys.room, 'is_retold', '1')
if v[2] == v[1] and room and is_over(room_refusal(room, now_us())) then
  redis.call('HSET', keys.room, 'told_until', digits(tonumber(v[1]) + CLOCK_MARGIN_US))
end
return 1
