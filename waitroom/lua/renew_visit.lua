-- renew_visit: extends a living visit, where the room renews visits: by the length of a visit from now, up to
-- the longest visit.
--   KEYS[1] room (hash)      KEYS[2] visits (hash: visit, record)
--   KEYS[3] inside (zset: living visit, its end in us)
--   ARGV[1] visit id
--   returns {visit} as in visit.lua's told_visit, {''} for an unknown one, or {} where the room leads to
--           no site
--@include clock
--@include visit

local room = {}
if not read_visit_rules(room, keys) then return {} end
local now = now_us()
local visit = visit_with(ARGV[1], keys)
if not visit then return { '' } end
local ends = math.min(now + room.session_us, visit.claimed + room.session_max_us)
if room.is_renewable and is_living(visit, now) and ends > visit.ends then
  visit.ends = ends
  write_visit(visit, keys)
  redis.call('ZADD', keys.inside, digits(ends), visit.id)
end
return { told_visit(visit, room, now) }
