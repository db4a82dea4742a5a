-- watermark: returns the line's progress and unsaved spent tickets, for Postgres to store.
--   KEYS[1] room (hash)      KEYS[2] waiting (zset)     KEYS[3] arrivals (hash: admitted member, arrival)
--   KEYS[4] spent (hash: member, arrival)   KEYS[5] spent_unsaved (zset: member, since when in us)
--   KEYS[6] tally (hash)
--   returns {when it was taken (us), spent until, last arrival, when a loss was found (us) or 0 where
--           no outcome must be reported again, whether the spent tickets were lost (1 or 0), {member,
--           arrival up to which tickets are spent or 0, since when (us), member...} of those that
--           Postgres may not have}, or {} before the lobby opens
--
-- Each member at or below `spent until` has an outcome, was skipped or has left, so it stays below
-- everyone in line or admitted. With very many admitted it keeps its last value, which is safe: it may
-- only be too low.
--@include clock
--@include room
--@include failover
--@include line_end
--@include lost_keys
--@include bulk

local UNDER_WAY_MAX = 20000
local UNSAVED_MAX = 5000

local room = read_room(keys.room)
if not room then return {} end
local now = now_us()
note_failover(room, now, keys)
if has_left_unseen(keys) then note_if_emptied(keys) end
if room.is_retold and schedule_time(room, now) < room.opens_at - room.lobby_us then return {} end

local v = redis.call('HMGET', keys.room, 'front', 'spent_until', 'last_arrival', 'watermark_at',
  'watermark_spent', 'watermark_last', 'lost_at', 'spent_count')
local floor = math.max(tonumber(v[2] or 0), tonumber(v[5] or 0))

local function least_under_way()
  local least = math.huge
  for _, arrival in ipairs(redis.call('HVALS', keys.arrivals)) do least = math.min(least, tonumber(arrival)) end
  return least
end

local function spent_until()
  if redis.call('HLEN', keys.arrivals) > UNDER_WAY_MAX then return floor end
  local first = redis.call('ZRANGE', keys.waiting, 0, 0, 'WITHSCORES')[2]
  local standing = math.min(least_under_way(), tonumber(first or math.huge))
  return math.max(tonumber(v[2] or 0), math.min(tonumber(v[1] or 0), standing - 1))
end

local function unsaved_tickets()
  local found = redis.call('ZRANGE', keys.spent_unsaved, 0, UNSAVED_MAX - 1, 'WITHSCORES')
  if #found == 0 then return found end
  local members, tickets, lost = {}, {}, {}
  for i = 1, #found, 2 do members[#members + 1] = found[i] end
  local arrivals = ask_about('HMGET', keys.spent, members)
  for n, member in ipairs(members) do
    if arrivals[n] then
      tickets[#tickets + 1], tickets[#tickets + 2] = member, arrivals[n]
      tickets[#tickets + 1] = found[2 * n]
    else
      lost[#lost + 1] = member
    end
  end
  call_with('ZREM', keys.spent_unsaved, lost)
  return tickets
end

local unsaved = unsaved_tickets()
local spent, last, at = digits(spent_until()), v[3] or '0', v[4]
-- A new mark also after a member left, so that the loss of the last second is found.
if spent ~= v[5] or last ~= v[6] or #unsaved > 0 then
  at = digits(math.max(now, tonumber(v[4] or 0) + 1))
  redis.call('HSET', keys.room, 'watermark_at', at, 'watermark_spent', spent, 'watermark_last', last)
end

-- Spent tickets are never deleted: fewer than before means that Redis lost the key.
local count = redis.call('HLEN', keys.spent)
local are_lost = count < tonumber(v[8] or 0)
if not are_lost and tonumber(v[8] or 0) ~= count then
  redis.call('HSET', keys.room, 'spent_count', count)
end

return { at, spent, last, room.is_retold and '0' or v[7], are_lost and 1 or 0, unsaved }
