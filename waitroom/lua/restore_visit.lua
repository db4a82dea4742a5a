-- restore_visit: gives a visit back that Redis has lost, by a pass that is valid.
--   KEYS[1] room (hash)      KEYS[2] waiting (zset)     KEYS[3] admitted (zset: member, due in us)
--   KEYS[4] arrivals (hash: admitted member, arrival)   KEYS[5] outcomes (hash)
--   KEYS[6] admissions (hash: member, admitted at in us)     KEYS[7] away (hash)
--   KEYS[8] last_seen (hash)     KEYS[9] tally (hash)
--   KEYS[10] visits (hash: visit, record)   KEYS[11] inside (zset: living visit, its end in us)
--   KEYS[12] claims (zset: visit, claimed at in us)
--   KEYS[13] ended (zset: visit that is over, when its record is dropped)
--   ARGV[1] visit id         ARGV[2] member id          ARGV[3] claimed at (us)
--   ARGV[4] when the pass ends (us)         ARGV[5] when it was signed (us): later, if the visit was renewed
--   returns {visit} as in visit.lua's told_visit; {''} where the pass is over, or its member has another
--           living visit; or {} where the room leads to no site
--
-- A known visit stays as it is. A record outlives its last pass, so a valid pass of an unknown visit shows
-- that Redis has lost data: others may be lost too, and nobody is called before they had time to return.
--@include clock
--@include room
--@include failover
--@include bulk
--@include line_end
--@include presence
--@include visit
--@include visits

local room = read_room(keys.room)
if not (room and room.is_site and read_visit_rules(room, keys)) then return {} end
local now = now_us()
note_failover(room, now, keys)
local id, member, claimed, ends = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
-- A `web` of the release before sends no time of signing.
local signed = tonumber(ARGV[5] or ARGV[3])
local known = visit_with(id, keys)
if known then return { told_visit(known, room, now) } end
local other = visit_with(visit_id_in(redis.call('HGET', keys.outcomes, member)), keys)
if ends <= now or (other and is_living(other, now)) then return { '' } end

local lost_at = tonumber(redis.call('HGET', keys.room, 'lost_at') or 0)
if lost_at < signed then await_return(room, now, keys, nil) end
if room.restoring_from == 0 then begin_restoring(room, now, keys) end

-- Its pass may be older than the visit's last renewal, which `inside` may still have.
ends = math.max(ends, tonumber(redis.call('ZSCORE', keys.inside, id) or 0))
local visit = {
  id = id, state = 'i', called = claimed, claimed = claimed, ends = ends, ended = 0,
  arrival = digits(claimed), member = member,
}
start_visit(visit, now, keys)
-- Their ticket, or a second click, may have given them a place meanwhile.
redis.call('ZREM', keys.waiting, member)
note_if_emptied(keys)
redis.call('ZREM', keys.admitted, member)
for _, key in ipairs({ keys.arrivals, keys.admissions, keys.away, keys.last_seen }) do
  redis.call('HDEL', key, member)
end
redis.call('HINCRBY', keys.tally, 'restored_visits', 1)
return { told_visit(visit, room, now) }
