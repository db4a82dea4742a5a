-- issued_members: returns the members with an issued outcome, in one part of a scan.
--   KEYS[1] outcomes (hash)
--   ARGV[1] cursor, 0 to begin      ARGV[2] how many outcomes to read, roughly
--   returns {cursor of the next part, or 0 after the last, member...}; a member may appear in two parts
--
-- HSCAN also returns the outcomes' texts, which take far longer to send and to parse than the ids.

local reply = redis.call('HSCAN', keys.outcomes, ARGV[1], 'COUNT', ARGV[2])
local found = reply[2]
local answer = { reply[1] }
for i = 1, #found, 2 do
  if string.byte(found[i + 1]) == 105 then answer[#answer + 1] = found[i] end -- 'i'
end
return answer
