-- member_status: where members stand, and what the whole room is told with it. Needs room, bulk, presence.

-- What is stored of these members, each list in their order: of who waits, when they were heard from;
-- of everybody else, whether they were passed over. came_back: who came back in this call, and how;
-- told_now: who was given a final word in it, and their arrival.
local function known_of(members, keys)
  local known = {
    outcomes = ask_about('HMGET', keys.outcomes, members),
    arrivals = ask_about('HMGET', keys.arrivals, members),
    scores = ask_about('ZMSCORE', keys.waiting, members),
    heard_now = {}, came_back = {}, told_now = {},
  }
  local waiting, others = {}, {}
  for i = 1, #members do
    local which = known.scores[i] and waiting or others
    which[#which + 1] = i
  end
  known.heard = fields_of(keys.last_seen, members, waiting)
  known.away = fields_of(keys.away, members, others)
  return known
end

-- Of the i-th member: {'outcome', '0', text} {'admitted', arrival_us} {'absent'}, or {'untold'} where
-- that can't be said before those who hold a coupon are known again,
-- {'waiting', arrival_us, ahead, 'h' | 'e' | nil}, the last being how they came back, or
-- {'closed' | 'sold_out', arrival_us} for who waits for nothing. Who waits in a room whose opening
-- was put off goes on waiting. In place of an arrival there may be the number that was drawn, or
-- until it is drawn a mark, which is negative.
-- {'draining', arrival_us} for who was away for too long: the end of the line is a new place, and
-- they are back there as soon as it is open again.
local function standing_of(i, member, room, now, shut, known, keys)
  if known.outcomes[i] then return { 'outcome', '0', known.outcomes[i] } end
  if known.arrivals[i] then
    return { 'admitted', told_arrival(room, member, known.arrivals[i]) }
  end
  local over = shut == 'closed' or shut == 'sold_out'
  local arrival = known.scores[i] -- up to 17 digits, which Redis writes as they are
  if not arrival then
    local away = known.away[i]
    if not away then return { room.is_retold and 'absent' or 'untold' } end
    local left_at = told_arrival(room, member, string.match(away, '^%d+'))
    if over then return { shut, left_at } end
    if is_draining(room) and is_too_late(room, now, away) then
      return { 'draining', left_at }
    end
    -- Two tabs in one call: the second finds the place that the first came back to.
    local back = known.came_back[member] or come_back(room, now, member, away, keys)
    known.came_back[member] = back
    arrival, known.heard[i] = back.arrival, back.record
  end
  if over then
    known.told_now[#known.told_now + 1] = member
    known.told_now[#known.told_now + 1] = arrival
    return { shut, told_arrival(room, member, arrival) }
  end
  known.anybody_waits = true
  note_heard(room, now, member, known.heard[i], tonumber(arrival), known.heard_now)
  -- Before the draw nobody is told where they will stand: others may still come.
  local told = told_arrival(room, member, arrival)
  local ahead = told ~= arrival and 0 or redis.call('ZRANK', keys.waiting, member)
  return { 'waiting', told, ahead, came_back_of(known.heard[i]) }
end

-- Writes down what a call has found out: who was heard from, and who was given a final word.
local function note_all(room, now, known, keys)
  call_with('HSET', keys.last_seen, known.heard_now)
  file_those_told(now, known.told_now, keys)
  if known.anybody_waits then keep_listening(room, now, keys) end
end

-- {now_us, room state, opens_at_us, closes_at_us, remain, waiting, pace per s, since when nobody has
-- been let through (us), how the room opens, lobby in us, grace in us, until when nobody is because
-- the line has lost its places (us) or 0, whether the lobby's draw is written down (1 or 0)}
local function room_facts(room, now, keys)
  local pace = redis.call('HMGET', keys.bucket, 'pace_told', 'moved')
  return {
    digits(now), room.state, digits(room.opens_at), digits(room.closes_at), room.remain,
    redis.call('ZCARD', keys.waiting), pace[1] or '0', pace[2] or '0', room.opening,
    digits(room.lobby_us), digits(room.grace_us), digits(restoring_until(room, now)),
    room.is_drawn and 1 or 0,
  }
end
