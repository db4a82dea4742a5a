-- overdue: names the admitted who should have had an outcome by now, and gives them a new lease.
--   KEYS[1] admitted (zset: member, due in us)
--   ARGV[1] lease in us      ARGV[2] how many at most
--   returns members, the longest overdue first; no second admitter is told of them meanwhile
--@include clock

local now = now_us()
local members = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', digits(now), 'LIMIT', 0, ARGV[2])
local due = now + tonumber(ARGV[1])
for i, member in ipairs(members) do
  redis.call('ZADD', KEYS[1], 'XX', digits(due + i), member)
end
return members
