-- presence: members' last requests, and how passed-over members return. Needs clock, room, bulk, spent,
-- line_end.
--
-- A crowd must not write at each poll: the arrival is the first sign of presence, and a record is written
-- only when the last sign is older than a part of the grace period. Most members are admitted before
-- that. Silence counts only while other members send requests: if nobody does, the server was
-- unreachable, and no member may lose their place for that.

local PRESENCE_PARTS = 8
local NOTE_EVERY_US = 1000000

-- A record is the second, and for a member who returned `h` (at the head) or `e` (at the end).
local function record_of(now, came_back)
  return digits(math.floor(now / 1000000)) .. (came_back or '')
end

-- 'h', 'e' or nil.
local function came_back_of(record)
  return record and string.match(record, '%a$') or nil
end

local function last_seen_us(room, record, arrival)
  if record then return tonumber(string.match(record, '^%d+')) * 1000000 end
  return arrival < DRAWN_BELOW and room.opens_at or arrival
end

-- Starts restoring at the first request after a loss: the others get time to return from then on.
local function begin_restoring(room, now, keys)
  room.restoring_from, room.restoring_until = now, now + room.restore_us
  redis.call('HSET', keys.room, 'restoring_from', digits(now), 'restoring_until', digits(room.restoring_until))
end

-- Stores, at most once a second, when any member was seen last (heard_at), and since when without a
-- break (hearing_since).
local function note_any_seen(room, now, heard_at, hearing_since, keys)
  if room.restoring_from == 0 then begin_restoring(room, now, keys) end
  local any_seen_at, since = tonumber(heard_at or 0), tonumber(hearing_since or now)
  if now - any_seen_at < math.min(NOTE_EVERY_US, room.grace_us / PRESENCE_PARTS) then return end
  if now - any_seen_at > room.grace_us / 2 then since = now end
  redis.call('HSET', keys.bucket, 'heard_at', digits(now), 'hearing_since', digits(since))
end

local function silence_counts(room, now, any_seen_at, since)
  return any_seen_at and since and now - any_seen_at <= room.grace_us / 2 and now - since >= room.grace_us
end

-- Adds a waiting member whose last record is old to `seen`, a list of member, record...
local function note_seen(room, now, member, record, arrival, seen)
  if now - last_seen_us(room, record, arrival) < room.grace_us / PRESENCE_PARTS then return end
  seen[#seen + 1] = member
  seen[#seen + 1] = record_of(now, came_back_of(record))
end

-- Files members who learned that the room is over (sold out, closed) as away: they get nothing later
-- unless they ask again. Each is moved when they ask, so that the sell-out itself writes one field only.
-- told: a list of member, arrival...
local function file_told(now, told, keys)
  if #told == 0 then return end
  local members, away = {}, {}
  for i = 1, #told, 2 do
    members[#members + 1] = told[i]
    away[i], away[i + 1] = told[i], told[i + 1] .. ' told ' .. digits(now)
  end
  call_with('ZREM', keys.waiting, members)
  note_if_emptied(keys)
  call_with('HDEL', keys.last_seen, members)
  call_with('HSET', keys.away, away)
end

local function was_told(away)
  return string.find(away, 'told', 1, true) ~= nil
end

-- Whether a member was called to a site and did not come in time. They return by entering again only: a
-- page that is open and not looked at would take a seat for claim_s again and again.
local function was_missed(away)
  return string.find(away, 'missed', 1, true) ~= nil
end

-- Whether a member was away too long to keep their place: they return at the end of the line.
local function is_too_late(room, now, away)
  local since = tonumber(string.match(away, '%d+$'))
  if tonumber(string.match(away, '^%d+')) < DRAWN_BELOW and since < room.opens_at then
    -- Filed in the lobby: their number is valid until the draw, which then excludes them.
    return schedule_time(room, now) >= room.opens_at
  end
  return now - since > room.return_us
end

-- Puts a member who is away back in line: at their old arrival, or at the end of the line with a new one.
-- Returns that arrival, and the record.
local function come_back(room, now, member, away, keys)
  local arrival = string.match(away, '^%d+')
  local how = not was_told(away) and 'h' or nil
  if is_too_late(room, now, away) then
    how = 'e'
    -- After a loss of the line, an old ticket must not restore the old place.
    spend(now, member, arrival, keys)
    arrival = digits(next_arrival(room, now))
    redis.call('HSET', keys.room, 'last_arrival', arrival)
  end
  redis.call('HDEL', keys.away, member)
  redis.call('ZADD', keys.waiting, arrival, member)
  raise_line_end(room, tonumber(arrival))
  redis.call('HSET', keys.room, 'line_end', digits(room.line_end))
  local record = record_of(now, how)
  redis.call('HSET', keys.last_seen, member, record)
  if not was_told(away) then redis.call('HINCRBY', keys.tally, 'returned', 1) end
  return { arrival = arrival, record = record }
end
