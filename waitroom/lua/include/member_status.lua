-- member_status: members' standings, and the facts of their room. Needs room, bulk, presence, visit.

-- Reads what is stored about these members, each list in their order; last_seen of those who wait, away
-- of the others. came_back: who returned in this call, and how; told_now: who learned in this call that
-- the room is over, and their arrival.
local function known_of(members, keys)
  local known = {
    outcomes = ask_about('HMGET', keys.outcomes, members),
    arrivals = ask_about('HMGET', keys.arrivals, members),
    scores = ask_about('ZMSCORE', keys.waiting, members),
    seen_now = {}, came_back = {}, told_now = {},
  }
  local waiting, others = {}, {}
  for i = 1, #members do
    local which = known.scores[i] and waiting or others
    which[#which + 1] = i
  end
  known.last_seen = fields_of(keys.last_seen, members, waiting)
  known.away = fields_of(keys.away, members, others)
  return known
end

-- Returns the standing of the i-th member, one of
--   {'outcome', '0', text}   {'admitted', arrival_us}
--   {'called', arrival_us, 0, until when they may come (us)}   {'missed', arrival_us}
--   {'inside' | 'finished' | 'ended' | 'revoked', arrival_us, 0, the visit as in told_visit}
--   {'waiting', arrival_us, ahead, 'h' | 'e' | nil}, the last after returning (presence.lua); also in a
--     room whose opening was postponed
--   {'closed' | 'sold_out', arrival_us} for a member in line when the room is over
--   {'draining', arrival_us} for a member who was away too long: their only place is a new one at the
--     end, which a draining room does not give
--   {'absent'}
--   {'untold'} after a loss, while issued outcomes are not yet reported again: they may have one
-- In a draw arrival_us is the number drawn, and before the draw a negative mark.
local function standing_of(i, member, room, now, refusal, known, keys)
  local outcome = known.outcomes[i]
  if outcome and room.is_site then
    local visiting = visiting_of(outcome, room, now, keys)
    if visiting then return visiting end
    outcome = false
  end
  if outcome and (room.is_retold or string.sub(outcome, 1, 1) == 'i') then
    return { 'outcome', '0', outcome }
  end
  if known.arrivals[i] then
    local called = told_arrival(room, member, known.arrivals[i])
    if room.is_site then
      return { 'called', called, 0, redis.call('ZSCORE', keys.admitted, member) or digits(now) }
    end
    return { 'admitted', called }
  end
  local over = is_over(refusal)
  if not room.is_retold and (over or outcome) then return { 'untold' } end
  local arrival = known.scores[i] -- up to 17 digits, which Redis writes as they are
  if not arrival then
    local away = known.away[i]
    if not away then return { room.is_retold and 'absent' or 'untold' } end
    local left_at = told_arrival(room, member, string.match(away, '^%d+'))
    if over then return { refusal, left_at } end
    if is_draining(room) and is_too_late(room, now, away) then
      return { 'draining', left_at }
    end
    if was_missed(away) and not known.is_entering then return { 'missed', left_at } end
    -- Two tabs in one call: the second gets the place that the first returned to.
    local back = known.came_back[member] or come_back(room, now, member, away, keys)
    known.came_back[member] = back
    arrival, known.last_seen[i] = back.arrival, back.record
  end
  if over then
    known.told_now[#known.told_now + 1] = member
    known.told_now[#known.told_now + 1] = arrival
    return { refusal, told_arrival(room, member, arrival) }
  end
  known.anybody_waits = true
  note_seen(room, now, member, known.last_seen[i], tonumber(arrival), known.seen_now)
  -- Before the draw the place is unknown: others may still enter.
  local told = told_arrival(room, member, arrival)
  local ahead = told ~= arrival and 0 or redis.call('ZRANK', keys.waiting, member)
  return { 'waiting', told, ahead, came_back_of(known.last_seen[i]) }
end

-- Stores who was seen in this call, and who learned that the room is over. Returns the room's facts:
-- {now_us (schedule_time), room state, opens_at_us, closes_at_us, remain, waiting, pace per s, last
-- admission (us), opening, lobby in us, grace in us, until when the room is restoring (us) or 0, is_drawn
-- (1 or 0)}
local function finish_call(room, now, known, keys)
  call_with('HSET', keys.last_seen, known.seen_now)
  file_told(now, known.told_now, keys)
  local bucket = redis.call('HMGET', keys.bucket, 'pace_told', 'moved', 'heard_at', 'hearing_since')
  if known.anybody_waits then note_any_seen(room, now, bucket[3], bucket[4], keys) end
  return {
    schedule_time(room, now), room.state, room.opens_at, room.closes_at, room.remain,
    redis.call('ZCARD', keys.waiting), bucket[1] or '0', bucket[2] or '0', room.opening,
    room.lobby_us, room.grace_us, restoring_until(room, now), room.is_drawn and 1 or 0,
  }
end
