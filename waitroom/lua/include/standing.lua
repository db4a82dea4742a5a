-- standing: where members stand, and what the whole room is told with it. Needs many.

-- What is stored of these members, each list in their order.
local function known_of(members, keys)
  return {
    outcomes = ask_about('HMGET', keys.outcomes, members),
    arrivals = ask_about('HMGET', keys.arrivals, members),
    scores = ask_about('ZMSCORE', keys.waiting, members),
  }
end

-- Of the i-th member: {'outcome', '0', text} {'admitted', arrival_us} {'waiting', arrival_us, ahead}
-- {'absent'}, or {'closed' | 'sold_out', arrival_us} for who waits for nothing. Who waits in a room
-- whose opening was put off goes on waiting.
local function standing_of(i, member, shut, known, keys)
  if known.outcomes[i] then return { 'outcome', '0', known.outcomes[i] } end
  if known.arrivals[i] then return { 'admitted', known.arrivals[i] } end
  if not known.scores[i] then return { 'absent' } end
  local arrival = known.scores[i] -- 16 digits, which Redis writes as they are: up to 17 it does
  if shut == 'closed' or shut == 'sold_out' then return { shut, arrival } end
  return { 'waiting', arrival, redis.call('ZRANK', keys.waiting, member) }
end

-- {now_us, room state, opens_at_us, closes_at_us, remain, waiting, pace per s, since when nobody has
-- been let through (us)}
local function room_facts(room, now, keys)
  local pace = redis.call('HMGET', keys.bucket, 'pace_told', 'moved')
  return {
    digits(now), room.state, digits(room.opens_at), digits(room.closes_at), room.remain,
    redis.call('ZCARD', keys.waiting), pace[1] or '0', pace[2] or '0',
  }
end
