-- place: returns each member's standing, and records their presence.
--   KEYS[1] room (hash)      KEYS[2] waiting (zset)     KEYS[3] arrivals (hash)
--   KEYS[4] outcomes (hash)  KEYS[5] bucket (hash)      KEYS[6] tally (hash)
--   KEYS[7] last_seen (hash)     KEYS[8] away (hash)        KEYS[9] spent (hash: member, arrival)
--   KEYS[10] spent_unsaved (zset: member, since when in us)
--   KEYS[11] admitted (zset: member, due in us)     KEYS[12] visits (hash: visit, record)
--   ARGV    member ids
--   returns {facts, {standing}, ...}, or {} where the room is unknown
--
-- A passed-over member who asks returns to the line.
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

local room = read_room(keys.room)
if not room then return {} end
if room.is_site then load_site_functions() end

local now = now_us()
local refusal = room_refusal(room, now)
local known = known_of(ARGV, keys)

-- To ask which Redis this is takes longer than a small batch: only where a lost coupon or place would
-- change an answer.
local function may_lack_something()
  if is_over(refusal) then return true end
  for i = 1, #ARGV do
    local outcome = known.outcomes[i]
    if outcome and string.sub(outcome, 1, 1) == 'r' then return true end
    if not outcome and not known.scores[i] and not known.arrivals[i] then return true end
  end
  return false
end

if may_lack_something() then
  note_failover(room, now, keys)
  note_lost_hashes(room, now, keys)
end
local standings = {}
for i, member in ipairs(ARGV) do
  standings[i] = standing_of(i, member, room, now, refusal, known, keys)
end
-- Before a first record hides that all others are lost.
if #known.seen_now > 0 then note_lost_hashes(room, now, keys) end
return { finish_call(room, now, known, keys), unpack(standings) }
