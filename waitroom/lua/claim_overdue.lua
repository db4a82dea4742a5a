-- claim_overdue: renews the lease of admitted members whose outcome is overdue, so that they are enqueued
-- again.
--   KEYS[1] admitted (zset: member, due in us)          KEYS[2] admissions (hash: member, admitted at)
--   ARGV[1] lease in us      ARGV[2] how many at most
--   returns {member, admitted at in us, member...}, the longest overdue first; until the new lease ends,
--           no other admitter gets them
--
-- An admitter of an earlier version stored no time of admission: derive it from the due time, before
-- the new lease overwrites that.
--@include clock

local now = now_us()
local found = redis.call('ZRANGEBYSCORE', keys.admitted, '-inf', digits(now), 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local due = now + tonumber(ARGV[1])
local answer = {}
for i = 1, #found, 2 do
  local member = found[i]
  redis.call('HSETNX', keys.admissions, member, digits(tonumber(found[i + 1]) - tonumber(ARGV[1])))
  answer[i], answer[i + 1] = member, redis.call('HGET', keys.admissions, member)
  redis.call('ZADD', keys.admitted, 'XX', digits(due + i), member)
end
return answer
