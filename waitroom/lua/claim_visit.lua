-- claim_visit: begins the visit of a member who was called; claiming again returns the same visit.
--   KEYS[1] room (hash)      KEYS[2] admitted (zset: member, due in us)
--   KEYS[3] arrivals (hash: admitted member, arrival)   KEYS[4] outcomes (hash)
--   KEYS[5] admissions (hash: member, admitted at in us)
--   KEYS[6] visits (hash: visit, record)    KEYS[7] inside (zset: living visit, its end in us)
--   KEYS[8] claims (zset: visit, claimed at in us)
--   KEYS[9] ended (zset: visit that is over, when its record is dropped)
--   KEYS[10] meter (hash)    KEYS[11] tally (hash)
--   ARGV[1] member id        ARGV[2] the visit's id if it begins now
--   returns {visit} as in visit.lua's told_visit, {''} where it is not the member's turn, or {} where
--           the room leads to no site
--
-- In the same move the seat of the call becomes the seat of the visit. Members who come too late keep their
-- turn until admit.lua has called the next one.
--@include clock
--@include bulk
--@include meter
--@include latency
--@include visit
--@include visits

local room = {}
if not read_visit_rules(room, keys) then return {} end
local now = now_us()
local member = ARGV[1]

local before = visit_with(visit_id_in(redis.call('HGET', keys.outcomes, member)), keys)
if before and is_living(before, now) then return { told_visit(before, room, now) } end
local arrival = redis.call('HGET', keys.arrivals, member)
if not arrival then return { '' } end

local called_at = tonumber(redis.call('HGET', keys.admissions, member) or now)
local visit = {
  id = ARGV[2], state = 'i', called = called_at, claimed = now, ends = now + room.session_us, ended = 0,
  arrival = arrival, member = member,
}
start_visit(visit, now, keys)
redis.call('ZREM', keys.admitted, member)
redis.call('HDEL', keys.arrivals, member)
redis.call('HDEL', keys.admissions, member)

-- Times from the call to the claim, and from arrival to call; in a draw from the opening, as a number
-- holds no time of arrival.
local function note_times()
  local opens_at = tonumber(redis.call('HGET', keys.room, 'opens_at'))
  local since = tonumber(arrival) < DRAWN_BELOW and opens_at or tonumber(arrival)
  local waited, took = math.max(0, called_at - since), math.max(0, now - called_at)
  tally_steps(keys.tally, 'waited', { [step_of(waited)] = 1 }, waited)
  tally_steps(keys.tally, 'issue_us', { [step_of(took)] = 1 }, took)
  count_steps(keys.meter, 'issue_us', { [step_of(took)] = 1 }, now)
  if waited > tonumber(redis.call('HGET', keys.tally, 'waited_longest_us') or 0) then
    redis.call('HSET', keys.tally, 'waited_longest_us', digits(waited))
  end
end

note_times()
redis.call('HINCRBY', keys.tally, 'claimed', 1)
count_on_meter(keys.meter, 'claimed', 1, now)
return { told_visit(visit, room, now) }
