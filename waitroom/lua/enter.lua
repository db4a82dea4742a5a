-- enter: gives each member a place in line; entering again keeps the first place.
--   KEYS[1] room (hash)      KEYS[2] waiting (zset: member, arrival in us)
--   KEYS[3] arrivals (hash: admitted member, arrival)   KEYS[4] outcomes (hash)
--   KEYS[5] bucket (hash)    KEYS[6] tally (hash)
--   ARGV    member ids, in the order they came
--   returns {facts, {standing}, ...}, or {} where the room is unknown;
--           a standing may also be {'room_full'}
--@include clock
--@include room
--@include many
--@include standing

local keys = { waiting = KEYS[2], arrivals = KEYS[3], outcomes = KEYS[4], bucket = KEYS[5] }
local room = read_room(KEYS[1])
if not room then return {} end

local now = now_us()
local shut = shut_because(room, now)
local last = tonumber(redis.call('HGET', KEYS[1], 'last_arrival') or '0')
local size = redis.call('ZCARD', keys.waiting)
local turned_away = 0
local known = known_of(ARGV, keys)
-- Who takes a place in this call, and as ZADD wants it: arrival, member, arrival, member...
local places, fresh = {}, {}

-- A refusal is not for ever: when the room has something to give again, one may line up again.
local function forget_refusal(i, member)
  local outcome = known.outcomes[i]
  if outcome and string.sub(outcome, 1, 1) == 'r' then
    redis.call('HDEL', keys.outcomes, member)
    known.outcomes[i] = false
  end
end

local function line_up(member)
  if shut then
    turned_away = turned_away + 1
    return { shut }
  end
  if size >= room.size_max then
    turned_away = turned_away + 1
    return { 'room_full' }
  end
  -- Strictly increasing: a tie would be ordered by member id, which is not first come first served.
  last = math.max(now, last + 1)
  local arrival = digits(last)
  fresh[#fresh + 1] = arrival
  fresh[#fresh + 1] = member
  size = size + 1
  places[member] = { 'waiting', arrival, size - 1 }
  return places[member]
end

local standings = {}
for i, member in ipairs(ARGV) do
  if not shut then forget_refusal(i, member) end
  -- Two clicks in one call: the second finds the place that the first has taken.
  local standing = places[member] or standing_of(i, member, shut, known, keys)
  if standing[1] == 'absent' then standing = line_up(member) end
  standings[i] = standing
end

if #fresh > 0 then
  call_with('ZADD', keys.waiting, fresh)
  redis.call('HSET', KEYS[1], 'last_arrival', digits(last))
  redis.call('HINCRBY', KEYS[6], 'entered', #fresh / 2)
end
if turned_away > 0 then redis.call('HINCRBY', KEYS[6], 'turned_away', turned_away) end
return { room_facts(room, now, keys), unpack(standings) }
