-- find_visits: returns visits.
--   KEYS[1] room (hash)      KEYS[2] visits (hash: visit, record)
--   ARGV    visit ids
--   returns {visit, ...} as in visit.lua's told_visit, in their order, '' for an unknown one; or {} where
--           the room leads to no site
--@include clock
--@include bulk
--@include visit

local room = {}
if not read_visit_rules(room, keys) then return {} end
local now = now_us()
local answer = {}
for i, record in ipairs(ask_about('HMGET', keys.visits, ARGV)) do
  answer[i] = record and told_visit(parse_visit(ARGV[i], record), room, now) or ''
end
return answer
