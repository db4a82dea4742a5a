-- admit: lets the head of the line through, at the room's rate, and files each under admitted.
--   KEYS[1] room (hash)      KEYS[2] bucket (hash)      KEYS[3] waiting (zset)
--   KEYS[4] admitted (zset: member, due in us)          KEYS[5] arrivals (hash)
--   KEYS[6] meter (hash)     KEYS[7] tally (hash)
--   ARGV[1] how many the destination can take           ARGV[2] lease in us
--   returns {what held it back, members in the order they came...}; what is one of
--           'no_such_room' 'paused' 'closed' 'not_open_yet' 'sold_out' 'empty' 'rate' 'seats'
--           'stock' 'destination'
--
-- One move, so that a crash can't lose anybody between the line and the file; the bucket lives
-- here, so that any number of admitters share one rate. Nobody is let through beyond what
-- remains less what is under way: then the order in which workers finish can't matter.
--@include clock
--@include room
--@include many
--@include meter
--@include pace

local VISIT_S = 0.25

local room = read_room(KEYS[1])
if not room then return { 'no_such_room' } end

local now = now_us()
local v = redis.call('HMGET', KEYS[2], 'tokens', 'at', 'busy', 'pace_people', 'pace_time_s', 'pace_told',
  'moved')
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
  redis.call('HSET', KEYS[2], 'tokens', bucket.tokens, 'at', digits(now), 'busy', busy and 1 or 0,
    'pace_people', bucket.pace_people, 'pace_time_s', bucket.pace_time_s,
    'pace_told', bucket.pace_told, 'moved', digits(bucket.moved))
end

local shut = shut_because(room, now) or (room.state == 'paused' and 'paused')
if shut then
  keep_bucket(false)
  return { shut }
end

local under_way = redis.call('ZCARD', KEYS[4])
local waiting = redis.call('ZCARD', KEYS[3])
local count, held_back_by = waiting, 'empty'
local function at_most(limit, name)
  if limit < count then count, held_back_by = math.max(0, math.floor(limit)), name end
end
at_most(room.remain - under_way, 'stock')
at_most(room.seats - under_way, 'seats')
at_most(tonumber(ARGV[1]), 'destination')
at_most(bucket.tokens, 'rate')

local answer = { held_back_by }
if count > 0 then
  local due = now + tonumber(ARGV[2])
  local popped = redis.call('ZPOPMIN', KEYS[3], count)
  local filed, arrivals = {}, {}
  for i = 1, #popped, 2 do
    -- A microsecond apart: in a tie they would be fed again by member id, not as they came.
    filed[i], filed[i + 1] = digits(due + i), popped[i]
    arrivals[i], arrivals[i + 1] = popped[i], popped[i + 1]
    answer[#answer + 1] = popped[i]
  end
  call_with('ZADD', KEYS[4], filed)
  call_with('HSET', KEYS[5], arrivals)
  count = #popped / 2
  redis.call('HINCRBY', KEYS[7], 'admitted', count)
  count_on_meter(KEYS[6], 'admitted', count, now)
end
bucket.tokens = bucket.tokens - count
measure_pace(bucket, room.rate_per_s, count, now)
keep_bucket(waiting > count and held_back_by ~= 'stock')
return answer
