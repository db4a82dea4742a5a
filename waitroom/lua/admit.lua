-- admit: moves members from the head of the line to `admitted`, at the room's rate.
--   KEYS[1] room (hash)      KEYS[3] waiting (zset)
--   KEYS[2] bucket (hash; its steered_rate_per_s is in force on autopilot)
--   KEYS[4] admitted (zset: member, due in us)          KEYS[5] arrivals (hash)
--   KEYS[6] meter (hash)     KEYS[7] tally (hash)
--   KEYS[8] last_seen (hash)     KEYS[9] away (hash: member, arrival, since when)
--   KEYS[10] admissions (hash: member, admitted at in us)
--   KEYS[11] outcomes (hash)     KEYS[12] visits (hash: visit, record)
--   KEYS[13] inside (zset: living visit, its end in us)     KEYS[14] claims (zset: visit, claimed at)
--   KEYS[15] ended (zset: visit that is over, when its record is dropped)
--   ARGV[1] how many the destination can take
--   ARGV[2] lease in us; of a site's members the room's claim_s instead
--   returns {held back by, admitted at in us, members in order of arrival...}; held back by is one of
--           'no_such_room' 'restoring' 'paused' 'closed' 'not_open_yet' 'undrawn' 'sold_out' 'empty'
--           'rate' 'seats' 'stock' 'destination'. Where the room admits nobody: {held back by}
--
-- One atomic move: a crash can't lose a member between the line and `admitted`. The bucket is in Redis,
-- so any number of admitters share one rate.
-- Admits at most the stock less the seats in use, so the order in which workers finish does not matter.
-- In front of a site, those called and the living visits take seats. Members who were called and did not
-- come in time are missed: away, so that they may return (presence.lua).
-- Passes over members without a recent request, and admits the next ones in their place.
-- Admits nobody before Postgres has the draw's order (nobody could verify the draw later), nor while a
-- line that lost its places is restoring; of a line that lost only its end it admits the members before
-- that. A draining room admits like an open one.
-- Clamps the autopilot's rate to the admin's bounds. Stores the highest score admitted (`front`) for the
-- watermark, and the time of each admission, by which the worker decides whether they were in time.
--@include clock
--@include room
--@include failover
--@include line_end
--@include lost_keys
--@include bulk
--@include meter
--@include pace
--@include spent
--@include presence
--@include bucket
--@include visit
--@include visits
--@include visit_sweep

-- The most members skipped in one call, as it blocks Redis.
local PASSED_MAX = 5000

local room = read_room(keys.room)
if not room then return { 'no_such_room' } end

local now = now_us()
note_schedule(room, now, keys)
note_failover(room, now, keys)
if room.is_site then read_visit_rules(room, keys) end
local lease_us = room.is_site and room.claim_us or tonumber(ARGV[2])
local v = redis.call('HMGET', keys.bucket, 'tokens', 'at', 'busy', 'pace_people', 'pace_time_s', 'pace_told',
  'moved', 'heard_at', 'hearing_since', 'steered_rate_per_s')
if room.is_steered then
  room.rate_per_s = math.min(math.max(tonumber(v[10]) or room.rate_per_s, room.rate_min_per_s),
    room.rate_max_per_s)
end
local bucket = {
  tokens = tonumber(v[1] or room.burst), at = tonumber(v[2] or now), busy = v[3] == '1',
  pace_people = tonumber(v[4] or 0), pace_time_s = tonumber(v[5] or 0), pace_told = tonumber(v[6] or 0),
  moved = tonumber(v[7] or now),
}
bucket.tokens = refilled(room, bucket.tokens, bucket.at, now)

local function keep_bucket(busy)
  redis.call('HSET', keys.bucket, 'tokens', bucket.tokens, 'at', digits(now), 'busy', busy and 1 or 0,
    'pace_people', bucket.pace_people, 'pace_time_s', bucket.pace_time_s,
    'pace_told', bucket.pace_told, 'moved', digits(bucket.moved), 'lease', ARGV[2],
    'ticked_at', digits(now))
end

-- A hash is lost with all it held: that nobody was seen is then no sign that they are silent.
local have_records = redis.call('EXISTS', keys.last_seen) == 1
local are_records_lost = room.keeps_fields and not have_records

-- Where Redis has lost `admitted`, all of `arrivals` is overdue, and enqueued again; in front of a site
-- they are called anew.
local function restore_admitted()
  local found, arrivals = {}, redis.call('HGETALL', keys.arrivals)
  local due = digits(room.is_site and now + lease_us or now)
  for i = 1, #arrivals, 2 do
    if arrivals[i] ~= '' then found[#found + 1], found[#found + 2] = due, arrivals[i] end
  end
  call_with('ZADD', keys.admitted, found)
end

local function miss_called()
  local late = redis.call('ZRANGEBYSCORE', keys.admitted, '-inf', digits(now), 'LIMIT', 0, PASSED_MAX)
  if #late == 0 then return end
  local arrivals, missed = ask_about('HMGET', keys.arrivals, late), {}
  for i, member in ipairs(late) do
    missed[#missed + 1] = member
    missed[#missed + 1] = (arrivals[i] or digits(now)) .. ' missed ' .. digits(now)
  end
  call_with('HSET', keys.away, missed)
  call_with('ZREM', keys.admitted, late)
  call_with('HDEL', keys.arrivals, late)
  call_with('HDEL', keys.admissions, late)
  redis.call('HINCRBY', keys.tally, 'missed', #late)
  count_on_meter(keys.meter, 'missed', #late, now)
end

-- How many wait, second by second, and the most there ever were; nobody waits in a room that is over.
local function note_waiting(in_line)
  local waiting = is_over(room_refusal(room, now)) and 0 or in_line
  set_on_meter(keys.meter, 'waiting', waiting, now)
  if waiting > tonumber(redis.call('HGET', keys.tally, 'waiting_peak') or 0) then
    redis.call('HSET', keys.tally, 'waiting_peak', digits(waiting), 'waiting_peak_at_us', digits(now))
  end
end

local waiting = redis.call('ZCARD', keys.waiting)
note_lost_line(room, now, waiting, keys)
note_waiting(waiting)
if redis.call('EXISTS', keys.admitted) == 0 then restore_admitted() end
if room.is_site then
  sweep_visits(room, now, keys)
  miss_called()
end

local refusal = room_refusal(room, now) or (room.state == 'paused' and 'paused')
  or (restoring_until(room, now) > 0 and 'restoring')
  or (room.opening == 'draw' and not room.is_drawn and 'undrawn')
if refusal then
  keep_bucket(false)
  return { refusal }
end

local under_way = redis.call('ZCARD', keys.admitted) + (room.is_site and count_living(now, keys) or 0)
local count, held_back_by = waiting, 'empty'
local function at_most(limit, name)
  if limit < count then count, held_back_by = math.max(0, math.floor(limit)), name end
end
at_most(room.remain - under_way, 'stock')
local is_open_to_all = room.passthrough == 'on'
if not is_open_to_all then at_most(room.seats - under_way, 'seats') end
local allowed = waiting
local last_admitted = admits_up_to(room, now)
if last_admitted then
  allowed = redis.call('ZCOUNT', keys.waiting, '-inf', digits(last_admitted))
  at_most(allowed, 'restoring')
end
at_most(tonumber(ARGV[1]), 'destination')
if not is_open_to_all then at_most(bucket.tokens, 'rate') end

-- Before this a member's last request counts for nothing: see presence.lua and mark_retold.lua.
local function silence_ends()
  if are_records_lost then return -1 end
  local told_until = tonumber(redis.call('HGET', keys.room, 'told_until') or -1)
  if not silence_counts(room, now, tonumber(v[8]), tonumber(v[9])) then return told_until end
  return math.max(told_until, now - room.grace_us)
end
local silent_before = silence_ends()

-- Returns those of `popped` (member, arrival, member...) who are present, and files the others as away.
local function drop_silent(popped)
  local here, unsure = {}, {}
  for i = 1, #popped, 2 do
    if tonumber(popped[i + 1]) < silent_before then unsure[#unsure + 1] = popped[i] end
  end
  if #unsure == 0 then return popped end
  local records, silent, away = ask_about('HMGET', keys.last_seen, unsure), {}, {}
  for i, member in ipairs(unsure) do silent[member] = records[i] or '' end
  for i = 1, #popped, 2 do
    local member, arrival = popped[i], popped[i + 1]
    local record = silent[member]
    if record and last_seen_us(room, record ~= '' and record, tonumber(arrival)) < silent_before then
      away[#away + 1] = member
      away[#away + 1] = arrival .. ' ' .. digits(now)
    else
      here[#here + 1] = member
      here[#here + 1] = arrival
    end
  end
  call_with('HSET', keys.away, away)
  if #away > 0 then redis.call('HINCRBY', keys.tally, 'passed_over', #away / 2) end
  return here
end

local answer = { held_back_by }
local passed, front = 0, nil
while #answer - 1 < count and passed < PASSED_MAX do
  local popped = redis.call('ZPOPMIN', keys.waiting, math.min(count - (#answer - 1), allowed))
  if #popped == 0 then break end
  allowed = allowed - #popped / 2
  front = popped[#popped]
  local here = drop_silent(popped)
  local filed, arrivals, admissions, gone = {}, {}, {}, {}
  for i = 1, #here, 2 do
    -- A microsecond apart: a tie would be enqueued again by member id, not in order of arrival.
    answer[#answer + 1] = here[i]
    filed[i], filed[i + 1] = digits(now + lease_us + #answer), here[i]
    arrivals[i], arrivals[i + 1] = here[i], here[i + 1]
    admissions[i], admissions[i + 1] = here[i], digits(now)
  end
  for i = 1, #popped, 2 do gone[#gone + 1] = popped[i] end
  call_with('ZADD', keys.admitted, filed)
  call_with('HSET', keys.arrivals, arrivals)
  call_with('HSET', keys.admissions, admissions)
  if have_records then call_with('HDEL', keys.last_seen, gone) end
  passed = passed + (#popped - #here) / 2
end
if front then
  note_if_emptied(keys)
  local before = tonumber(redis.call('HGET', keys.room, 'front') or 0)
  redis.call('HSET', keys.room, 'front', digits(math.max(before, tonumber(front))))
end
count = #answer - 1
if count > 0 then
  redis.call('HINCRBY', keys.tally, 'admitted', count)
  count_on_meter(keys.meter, 'admitted', count, now)
end
bucket.tokens = math.max(0, bucket.tokens - count)
measure_pace(bucket, room.rate_per_s, count, now)
keep_bucket(waiting - passed > count and held_back_by ~= 'stock')
table.insert(answer, 2, digits(now))
return answer
