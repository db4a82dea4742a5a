-- place: says where each member stands; changes nothing.
--   KEYS[1] room (hash)      KEYS[2] waiting (zset)     KEYS[3] arrivals (hash)
--   KEYS[4] outcomes (hash)  KEYS[5] bucket (hash)
--   ARGV    member ids
--   returns {facts, {standing}, ...}, or {} where the room is unknown
--@include clock
--@include room
--@include many
--@include standing

local keys = { waiting = KEYS[2], arrivals = KEYS[3], outcomes = KEYS[4], bucket = KEYS[5] }
local room = read_room(KEYS[1])
if not room then return {} end

local now = now_us()
local shut = shut_because(room, now)
local known = known_of(ARGV, keys)
local answer = { room_facts(room, now, keys) }
for i, member in ipairs(ARGV) do
  answer[i + 1] = standing_of(i, member, shut, known, keys)
end
return answer
