-- admit: lets the head of the line through, at the room's rate, and files each under admitted.
--   KEYS[1] room (hash)      KEYS[3] waiting (zset)
--   KEYS[2] bucket (hash: with the steered rate, which is in force on autopilot)
--   KEYS[4] admitted (zset: member, due in us)          KEYS[5] arrivals (hash)
--   KEYS[6] meter (hash)     KEYS[7] tally (hash)
--   KEYS[8] last_seen (hash)     KEYS[9] away (hash: member, arrival, when passed over)
--   KEYS[10] admissions (hash: member, admitted at in us)
--   ARGV[1] how many the destination can take           ARGV[2] lease in us
--   returns {what held it back, admitted at in us, members in the order they came...}; what is one of
--           'no_such_room' 'restoring' 'paused' 'closed' 'not_open_yet' 'undrawn' 'sold_out' 'empty'
--           'rate' 'seats' 'stock' 'destination'. Where nothing is looked at: {what held it back}
--
-- One move, so that a crash can't lose anybody between the line and the file; the bucket lives
-- here, so that any number of admitters share one rate. Nobody is let through beyond what
-- remains less what is under way: then the order in which workers finish can't matter. Who has not
-- been heard from is passed over here, where it costs the next one nothing. And nobody is let through
-- before the draw was written down: it could not be checked any more, nor before a line that has lost its
-- places had time to come together again. How far it has come is kept for the watermark. A room that
-- drains lets people through as an open one does. Whatever was steered, the
-- rate stays within the bounds that the admin gave. When each was admitted is written down: whoever
-- issues to them later decides by it whether they came in time.
--@include clock
--@include room
--@include bulk
--@include meter
--@include pace
--@include spent
--@include presence

local VISIT_S = 0.25
-- Passed over in one call at most: others wait for Redis too.
local PASSED_MAX = 5000

local room = read_room(keys.room)
if not room then return { 'no_such_room' } end

local now = now_us()
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
local elapsed_s = math.max(0, now - bucket.at) / 1000000
-- Admitters come by a few times a second: a smaller bucket would overflow between two visits and
-- hold the rate below what was asked for.
local capacity = math.max(room.burst, room.rate_per_s * VISIT_S)
bucket.tokens = math.min(capacity, bucket.tokens + elapsed_s * room.rate_per_s)

local function keep_bucket(busy)
  redis.call('HSET', keys.bucket, 'tokens', bucket.tokens, 'at', digits(now), 'busy', busy and 1 or 0,
    'pace_people', bucket.pace_people, 'pace_time_s', bucket.pace_time_s,
    'pace_told', bucket.pace_told, 'moved', digits(bucket.moved), 'lease', ARGV[2])
end

local shut = shut_because(room, now) or (room.state == 'paused' and 'paused')
  or (restoring_until(room, now) > 0 and 'restoring')
  or (room.opening == 'draw' and not room.is_drawn and 'undrawn')
if shut then
  keep_bucket(false)
  return { shut }
end

local under_way = redis.call('ZCARD', keys.admitted)
local waiting = redis.call('ZCARD', keys.waiting)
local count, held_back_by = waiting, 'empty'
local function at_most(limit, name)
  if limit < count then count, held_back_by = math.max(0, math.floor(limit)), name end
end
at_most(room.remain - under_way, 'stock')
at_most(room.seats - under_way, 'seats')
at_most(tonumber(ARGV[1]), 'destination')
at_most(bucket.tokens, 'rate')

local silent_before = silence_counts(room, now, tonumber(v[8]), tonumber(v[9]))
  and now - room.grace_us or -1

-- Of who left the line (member, arrival, member...), those who are here; the others are filed as away.
local function those_here(popped)
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
    if record and last_heard_us(room, record ~= '' and record, tonumber(arrival)) < silent_before then
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
local are_heard = redis.call('EXISTS', keys.last_seen) == 1
while #answer - 1 < count and passed < PASSED_MAX do
  local popped = redis.call('ZPOPMIN', keys.waiting, count - (#answer - 1))
  if #popped == 0 then break end
  front = popped[#popped]
  local here = those_here(popped)
  local filed, arrivals, admissions, gone = {}, {}, {}, {}
  for i = 1, #here, 2 do
    -- A microsecond apart: in a tie they would be fed again by member id, not as they came.
    answer[#answer + 1] = here[i]
    filed[i], filed[i + 1] = digits(now + tonumber(ARGV[2]) + #answer), here[i]
    arrivals[i], arrivals[i + 1] = here[i], here[i + 1]
    admissions[i], admissions[i + 1] = here[i], digits(now)
  end
  for i = 1, #popped, 2 do gone[#gone + 1] = popped[i] end
  call_with('ZADD', keys.admitted, filed)
  call_with('HSET', keys.arrivals, arrivals)
  call_with('HSET', keys.admissions, admissions)
  if are_heard then call_with('HDEL', keys.last_seen, gone) end
  passed = passed + (#popped - #here) / 2
end
if front then
  local before = tonumber(redis.call('HGET', keys.room, 'front') or 0)
  redis.call('HSET', keys.room, 'front', digits(math.max(before, tonumber(front))))
end
count = #answer - 1
if count > 0 then
  redis.call('HINCRBY', keys.tally, 'admitted', count)
  count_on_meter(keys.meter, 'admitted', count, now)
end
bucket.tokens = bucket.tokens - count
measure_pace(bucket, room.rate_per_s, count, now)
keep_bucket(waiting - passed > count and held_back_by ~= 'stock')
table.insert(answer, 2, digits(now))
return answer
