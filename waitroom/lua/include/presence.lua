-- presence: who was heard from when, who was passed over, and how they come back. Needs clock, room, bulk, spent.
--
-- A crowd must not write at each asking. So the arrival says at first that somebody is there, and a
-- record is written only once what is known is older than a part of the grace: most of a crowd is
-- through before that. And silence counts only while others are heard: if nobody was, it was us who
-- could not be reached, and nobody is to lose their place for it.

local HEARD_PARTS = 8
local LISTEN_EVERY_US = 1000000

-- A record is the second, and how they came back if they did: `h` at the head, `e` at the end.
local function record_of(now, came_back)
  return digits(math.floor(now / 1000000)) .. (came_back or '')
end

-- nil where there is no record, or none of that.
local function came_back_of(record)
  return record and string.match(record, '%a$') or nil
end

local function last_heard_us(room, record, arrival)
  if record then return tonumber(string.match(record, '^%d+')) * 1000000 end
  return arrival < DRAWN_BELOW and room.opens_at or arrival
end

-- The first who is heard after a loss: from now on the others have time to come back too.
local function begin_restoring(room, now, keys)
  room.restoring_from, room.restoring_until = now, now + room.restore_us
  redis.call('HSET', keys.room, 'restoring_from', digits(now), 'restoring_until', digits(room.restoring_until))
end

-- Notes at most once a second that somebody was heard at all, and since when without a break.
local function keep_listening(room, now, keys)
  if room.restoring_from == 0 then begin_restoring(room, now, keys) end
  local v = redis.call('HMGET', keys.bucket, 'heard_at', 'hearing_since')
  local heard_at, since = tonumber(v[1] or 0), tonumber(v[2] or now)
  if now - heard_at < math.min(LISTEN_EVERY_US, room.grace_us / HEARD_PARTS) then return end
  if now - heard_at > room.grace_us / 2 then since = now end
  redis.call('HSET', keys.bucket, 'heard_at', digits(now), 'hearing_since', digits(since))
end

local function silence_counts(room, now, heard_at, since)
  return heard_at and since and now - heard_at <= room.grace_us / 2 and now - since >= room.grace_us
end

-- Files who waits and was not noted for a while; `heard` is a list of member, record...
local function note_heard(room, now, member, record, arrival, heard)
  if now - last_heard_us(room, record, arrival) < room.grace_us / HEARD_PARTS then return end
  heard[#heard + 1] = member
  heard[#heard + 1] = record_of(now, came_back_of(record))
end

-- Files members who were given a final word (sold out, closed) as away: they get nothing later
-- unless they ask again. Each is written as they ask, so that the sell-out itself costs one field.
-- members: a list of member, arrival...
local function file_those_told(now, told, keys)
  if #told == 0 then return end
  local members, away = {}, {}
  for i = 1, #told, 2 do
    members[#members + 1] = told[i]
    away[i], away[i + 1] = told[i], told[i + 1] .. ' told ' .. digits(now)
  end
  call_with('ZREM', keys.waiting, members)
  call_with('HDEL', keys.last_seen, members)
  call_with('HSET', keys.away, away)
end

local function was_told(away)
  return string.find(away, 'told', 1, true) ~= nil
end

-- Whether a member who is away has lost their place for good: only the end of the line is left.
local function is_too_late(room, now, away)
  local since = tonumber(string.match(away, '%d+$'))
  if tonumber(string.match(away, '^%d+')) < DRAWN_BELOW and since < room.opens_at then
    -- Closed in the lobby: the number is good until the draw, whose record then lacks them.
    return now >= room.opens_at
  end
  return now - since > room.return_us
end

-- A member who is away, as `away` says, asks again: they stand at their old arrival, or with a new
-- one at the end of the line. Returns that, and the record of it.
local function come_back(room, now, member, away, keys)
  local arrival = string.match(away, '^%d+')
  local how = not was_told(away) and 'h' or nil
  if is_too_late(room, now, away) then
    how = 'e'
    -- A ticket from before is not to bring them back to where they stood, should the line be lost.
    spend(now, member, arrival, keys)
    arrival = digits(next_arrival(room, now))
    redis.call('HSET', keys.room, 'last_arrival', arrival)
  end
  redis.call('HDEL', keys.away, member)
  redis.call('ZADD', keys.waiting, arrival, member)
  local record = record_of(now, how)
  redis.call('HSET', keys.last_seen, member, record)
  if not was_told(away) then redis.call('HINCRBY', keys.tally, 'returned', 1) end
  return { arrival = arrival, record = record }
end
