-- renew_leases: renews the leases of those members who have no outcome yet, before they are enqueued again.
--   KEYS[1] admitted (zset: member, due in us)   KEYS[2] admissions (hash: member, admitted at in us)
--   ARGV[1] lease in us      then member ids
--   returns {member, admitted at in us, member...}, in their order, without those who have an outcome
--@include clock
--@include bulk

local now = now_us()
local members = { unpack(ARGV, 2) }
local due = ask_about('ZMSCORE', keys.admitted, members)
local answer, under_way = {}, {}
for i, member in ipairs(members) do
  if due[i] then
    -- An admitter of an earlier version stored no time of admission.
    redis.call('HSETNX', keys.admissions, member, digits(now))
    answer[#answer + 1] = member
    answer[#answer + 1] = redis.call('HGET', keys.admissions, member)
    under_way[#under_way + 1] = digits(now + tonumber(ARGV[1]) + i)
    under_way[#under_way + 1] = member
  end
end
call_with('ZADD', keys.admitted, under_way)
return answer
