-- claim_overdue: renews the lease of admitted members whose outcome is overdue, so that they are enqueued
-- again.
--   KEYS[1] admitted (zset: member, due in us)          KEYS[2] admissions (hash: member, admitted at)
--   KEYS[3] arrivals (hash: admitted member, arrival)
--   ARGV[1] lease in us      ARGV[2] how many at most
--   returns {member, admitted at in us, member...}, of those who are overdue longest, in order of arrival;
--           until the new lease ends, no other admitter gets them
--
-- They may be one batch, whose last members are refused if an admin has lowered the stock. A renewed lease
-- ends later than the first one of members who came later, so the time when it ends is no order of arrival.
--
-- An admitter of an earlier version stored no time of admission: derive it from the due time, before
-- the new lease overwrites that.
--@include clock
--@include bulk

local now = now_us()
local found = redis.call('ZRANGEBYSCORE', keys.admitted, '-inf', digits(now), 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local due = now + tonumber(ARGV[1])
local overdue, members, old_due = {}, {}, {}
for i = 1, #found, 2 do
  members[#members + 1] = found[i]
  old_due[found[i]] = tonumber(found[i + 1])
end
for i, arrival in ipairs(ask_about('HMGET', keys.arrivals, members)) do
  -- `arrivals` may be lost, and `admitted` not.
  overdue[i] = { member = members[i], arrival = tonumber(arrival or 0), rank = i }
end
table.sort(overdue, function(a, b)
  if a.arrival ~= b.arrival then return a.arrival < b.arrival end
  return a.rank < b.rank
end)
local answer = {}
for i, one in ipairs(overdue) do
  local member = one.member
  redis.call('HSETNX', keys.admissions, member, digits(old_due[member] - tonumber(ARGV[1])))
  answer[2 * i - 1], answer[2 * i] = member, redis.call('HGET', keys.admissions, member)
  redis.call('ZADD', keys.admitted, 'XX', digits(due + i), member)
end
return answer
