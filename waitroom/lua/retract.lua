-- retract: removes issued outcomes that Postgres does not have, and admits their members again.
--   KEYS[1] outcomes (hash)  KEYS[2] admitted (zset)    KEYS[3] arrivals (hash)
--   KEYS[4] tally (hash)     KEYS[5] admissions (hash: member, admitted at in us)
--   ARGV    member ids
--   returns how many members had one
--
-- Files each member under `admitted` with their arrival and an overdue outcome, so that the next tick
-- feeds them again at the latest: they get a coupon or a refusal, and keep their turn.
--@include clock
--@include bulk

local now = now_us()
local told = ask_about('HMGET', keys.outcomes, ARGV)
local gone, filed, arrivals, admissions = {}, {}, {}, {}
for i, member in ipairs(ARGV) do
  local arrival = told[i] and string.match(told[i], '^i(%d+)')
  if arrival then
    gone[#gone + 1] = member
    filed[#filed + 1], filed[#filed + 2] = digits(now - #ARGV + i), member
    arrivals[#arrivals + 1], arrivals[#arrivals + 2] = member, arrival
    admissions[#admissions + 1], admissions[#admissions + 2] = member, digits(now)
  end
end
call_with('HDEL', keys.outcomes, gone)
call_with('ZADD', keys.admitted, filed)
call_with('HSET', keys.arrivals, arrivals)
call_with('HSET', keys.admissions, admissions)
if #gone > 0 then redis.call('HINCRBY', keys.tally, 'issued', -#gone) end
return #gone
