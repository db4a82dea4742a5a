-- list_visits: returns a part of the room's visits, in order of their claims.
--   KEYS[1] room (hash)      KEYS[2] visits (hash: visit, record)
--   KEYS[3] claims (zset: visit, claimed at in us)
--   ARGV[1] the last visit of the part before, '' to begin; where its record is dropped, so are those of
--           all before it, or they were listed: the first ones follow
--   ARGV[2] how many at most
--   returns {visit, ...} as in visit.lua's told_visit, or {} where the room leads to no site
--@include clock
--@include bulk
--@include visit

local room = {}
if not read_visit_rules(room, keys) then return {} end
local now = now_us()
-- The entry that keeps the key comes before all visits.
local before = redis.call('ZRANK', keys.claims, ARGV[1]) or redis.call('ZRANK', keys.claims, '')
local first = before and before + 1 or 0
local ids = redis.call('ZRANGE', keys.claims, first, first + tonumber(ARGV[2]) - 1)
local answer = {}
for i, record in ipairs(ask_about('HMGET', keys.visits, ids)) do
  if record and ids[i] ~= '' then answer[#answer + 1] = told_visit(parse_visit(ids[i], record), room, now) end
end
return answer
