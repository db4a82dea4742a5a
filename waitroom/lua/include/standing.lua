-- standing: where one member stands, and what the whole room is told with it.

-- {'outcome', arrival_us, text} {'admitted', arrival_us} {'waiting', arrival_us, ahead}
-- {'absent'}, or {'closed' | 'sold_out', arrival_us} for who waits for nothing. Who waits in a room
-- whose opening was put off goes on waiting.
local function standing_of(member, shut, keys)
  local outcome = redis.call('HGET', keys.outcomes, member)
  if outcome then return { 'outcome', '0', outcome } end
  local arrival = redis.call('HGET', keys.arrivals, member)
  if arrival then return { 'admitted', arrival } end
  arrival = redis.call('ZSCORE', keys.waiting, member)
  if not arrival then return { 'absent' } end
  arrival = digits(tonumber(arrival))
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
