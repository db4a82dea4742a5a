-- restore: gives members whom the line has lost their place back, by their tickets.
--   KEYS[1] room (hash)      KEYS[2] waiting (zset)     KEYS[3] arrivals (hash)
--   KEYS[4] outcomes (hash)  KEYS[5] bucket (hash)      KEYS[6] tally (hash)
--   KEYS[7] last_seen (hash)     KEYS[8] away (hash)        KEYS[9] spent (hash: member, arrival)
--   KEYS[10] spent_unsaved (zset: member, since when in us)
--   KEYS[11] admitted (zset: member, due in us)     KEYS[12] visits (hash: visit, record)
--   ARGV    member, arrival in us or number drawn, member, arrival...; a negative mark in place of a
--           number before the draw
--   returns {facts, {standing}, ...}, or {} where the room is unknown; a standing may also be
--           {'undrawn', '0', the seed} where the call must be repeated with the member's number
--
-- Known members stay where they are: a ticket's owner is unknown only after a loss. A spent ticket
-- restores nothing: its owner has left, was refused and entered again, or was admitted before the loss.
-- While members return, the room extends its time of restoring step by step, up to a maximum. A member
-- who returns after the line has passed their place, and later than `return_s` allows, gets a place at
-- the end.
--
-- A loss before the first watermark is not visible to apply_settings: the room looks new. A ticket older
-- than the room's founding shows that loss here.
--@include clock
--@include room
--@include failover
--@include line_end
--@include lost_keys
--@include bulk
--@include spent
--@include presence
--@include_for_sites visit
--@include member_status

local MORE_PARTS = 3
local MOST_TIMES = 4

local room = read_room(keys.room)
if not room then return {} end
if room.is_site then load_site_functions() end

local now = now_us()
note_failover(room, now, keys)
note_lost_hashes(room, now, keys)
note_lost_line(room, now, redis.call('ZCARD', keys.waiting), keys)
local refusal = room_refusal(room, now)
local members, tickets = {}, {}
for i = 1, #ARGV, 2 do
  members[#members + 1], tickets[#tickets + 1] = ARGV[i], tonumber(ARGV[i + 1])
end
local known = known_of(members, keys)
local spent = ask_about('HMGET', keys.spent, members)
local v = redis.call('HMGET', keys.room, 'spent_until', 'front', 'lost_at', 'founded_at')
local spent_until, front, lost_at = tonumber(v[1] or 0), tonumber(v[2] or 0), tonumber(v[3] or 0)
local founded_at = tonumber(v[4] or 0)

local function is_known(i)
  return known.outcomes[i] or known.arrivals[i] or known.scores[i] or known.away[i]
end

local function is_spent(i)
  local arrival = tickets[i]
  return arrival <= spent_until or arrival <= tonumber(spent[i] or 0)
end

-- A ticket from before a draw holds no number, which would reveal the order: the caller derives it from
-- the seed, and needs it only for a lost place.
local function needs_number(i)
  return tickets[i] < 0 and not is_known(i)
end

-- The owner of a ticket for a place that the line has not passed is in it, unless the ticket is spent; or
-- an earlier loss explains it.
local function shows_loss(i)
  local arrival = tickets[i]
  if is_known(i) or is_spent(i) then return false end
  return lost_at == 0 and arrival >= DRAWN_BELOW
    and (arrival < founded_at or (room.keeps_fields and arrival > front))
end

for i = 1, #members do
  if shows_loss(i) then
    await_return(room, now, keys, nil)
    begin_restoring(room, now, keys)
    lost_at = now
  end
end

local is_late = now > lost_at + room.grace_us + room.return_us

local restored, placed = 0, {}
local function restore(i, member)
  local arrival, came_back = tickets[i], nil
  if is_spent(i) then return end
  if is_late and arrival <= front then
    spend(now, member, digits(arrival), keys)
    arrival, came_back = next_arrival(room, now), 'e'
  elseif arrival >= DRAWN_BELOW then
    -- New arrivals must be later, even if this Redis' clock is behind the one that gave the ticket.
    room.last_arrival = math.max(room.last_arrival, arrival)
  end
  redis.call('ZADD', keys.waiting, digits(arrival), member)
  raise_line_end(room, arrival)
  placed[member] = i
  known.last_seen[i] = record_of(now, came_back)
  redis.call('HSET', keys.last_seen, member, known.last_seen[i])
  known.scores[i] = digits(arrival)
  restored = restored + 1
end

for i, member in ipairs(members) do
  -- Two tabs in one call: the second gets the first one's place.
  local first = placed[member]
  if first then known.scores[i], known.last_seen[i] = known.scores[first], known.last_seen[first] end
  if not is_known(i) and not needs_number(i) then restore(i, member) end
end

-- Extends restoring: a crowd returns all at once, so its slowest members need more time.
local function wait_for_more()
  if room.restoring_until <= now then return end
  local most = room.restoring_from + MOST_TIMES * room.restore_us
  local more = math.min(now + room.restore_us / MORE_PARTS, most)
  if more <= room.restoring_until then return end
  room.restoring_until = more
  redis.call('HSET', keys.room, 'restoring_until', digits(more))
end

if restored > 0 then
  wait_for_more()
  redis.call('HSET', keys.room, 'last_arrival', digits(room.last_arrival), 'line_end', digits(room.line_end))
  redis.call('HINCRBY', keys.tally, 'restored', restored)
end
local standings = {}
for i, member in ipairs(members) do
  if needs_number(i) then
    standings[i] = { 'undrawn', '0', redis.call('HGET', keys.room, 'draw_seed') or '' }
  else
    standings[i] = standing_of(i, member, room, now, refusal, known, keys)
  end
end
return { finish_call(room, now, known, keys), unpack(standings) }
