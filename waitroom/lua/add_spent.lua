-- add_spent: writes spent tickets back from Postgres, after Redis has lost data.
--   KEYS[1] room (hash)      KEYS[2] waiting (zset)     KEYS[3] last_seen (hash)
--   KEYS[4] spent (hash: member, arrival)   KEYS[5] spent_unsaved (zset: member, since when in us)
--   ARGV    member, arrival (0: none is spent), since when in us, member, ...
--   returns how many members were removed from the line, as a spent ticket had restored their place
--
-- Admission pauses meanwhile (restoring), so a place restored by a spent ticket can still be removed.
-- An entry that is newer here than in Postgres stays.
--@include clock
--@include bulk
--@include line_end

local members, records, dropped = {}, {}, {}
for i = 1, #ARGV, 3 do members[#members + 1] = ARGV[i] end
local noted = #members > 0 and ask_about('ZMSCORE', keys.spent_unsaved, members) or {}
local standing = #members > 0 and ask_about('ZMSCORE', keys.waiting, members) or {}
local held = #members > 0 and ask_about('HMGET', keys.spent, members) or {}
for n, member in ipairs(members) do
  local arrival, since = tonumber(ARGV[3 * n - 1]), tonumber(ARGV[3 * n])
  local is_newer_here = held[n] and noted[n] and tonumber(noted[n]) >= since
  if not is_newer_here then
    records[#records + 1], records[#records + 2] = member, digits(arrival)
    if standing[n] and tonumber(standing[n]) <= arrival then dropped[#dropped + 1] = member end
  end
end
call_with('HSET', keys.spent, records)
call_with('ZREM', keys.waiting, dropped)
if #dropped > 0 then note_if_emptied(keys) end
call_with('HDEL', keys.last_seen, dropped)
redis.call('HSET', keys.room, 'spent_count', redis.call('HLEN', keys.spent))
return #dropped
