-- overdue: names the admitted who should have had an outcome by now, and gives them a new lease.
--   KEYS[1] admitted (zset: member, due in us)          KEYS[2] overdue (hash: member, admitted at)
--   ARGV[1] lease in us      ARGV[2] how many at most
--   returns members, the longest overdue first; no second admitter is told of them meanwhile
--
-- When they were let through followed from when they were due; now it is written down, or else
-- those who took longest to get an outcome would seem to be among the quickest.
--@include clock

local now = now_us()
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', digits(now), 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local due = now + tonumber(ARGV[1])
local members = {}
for i = 1, #found, 2 do
  local member = found[i]
  members[#members + 1] = member
  redis.call('HSETNX', KEYS[2], member, digits(tonumber(found[i + 1]) - tonumber(ARGV[1])))
  redis.call('ZADD', KEYS[1], 'XX', digits(due + #members), member)
end
return members
