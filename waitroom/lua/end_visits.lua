-- end_visits: ends living visits, which frees their seats; those that are over stay as they are.
--   KEYS[1] room (hash)      KEYS[2] visits (hash: visit, record)
--   KEYS[3] inside (zset: living visit, its end in us)
--   KEYS[4] ended (zset: visit that is over, when its record is dropped)
--   KEYS[5] tally (hash)     KEYS[6] meter (hash)
--   ARGV[1] f (finished by the visitor or the site) or r (revoked by an admin)
--           then visit ids
--   returns {visit, ...} as in visit.lua's told_visit, in their order, '' for an unknown one; or {} where
--           the room leads to no site
--@include clock
--@include bulk
--@include meter
--@include visit
--@include visits

local room = {}
if not read_visit_rules(room, keys) then return {} end
local now = now_us()
local ids = { unpack(ARGV, 2) }
end_visits(ids, ARGV[1], now, keys)
local answer = {}
for i, id in ipairs(ids) do
  local visit = visit_with(id, keys)
  answer[i] = visit and told_visit(visit, room, now) or ''
end
return answer
