-- room: a room's settings and schedule, and its refusal while it is not open.
-- redis_io/scripts.py writes out SETTING_NAMES, and puts settings_in before this, and constants such as
-- DRAWN_BELOW from redis_io/constants.py.

local function read_room(key)
  local v = redis.call('HMGET', key, 'opens_at', 'closes_at', 'total_count', 'used_count', 'is_drawn',
    'is_retold', 'restoring_from', 'restoring_until', 'last_arrival', 'run_id', 'held_from',
    'front', 'line_end', 'keeps_fields', 'opened_for', 'ended_for', 'kind', SETTING_NAMES)
  if not v[1] then return nil end
  local room = settings_in(v, 17)
  room.opens_at, room.closes_at = tonumber(v[1]), tonumber(v[2])
  room.remain = tonumber(v[3]) - tonumber(v[4])
  -- A room applied by an earlier version lacks these until its settings are applied again. Postgres has
  -- no outcomes of visits to report again.
  room.is_drawn, room.restoring_from = v[5] == '1', tonumber(v[7] or -1)
  room.is_retold = v[6] ~= '0' or v[17] == 'site'
  room.restoring_until, room.last_arrival = tonumber(v[8] or 0), tonumber(v[9] or 0)
  room.run_id, room.held_from = v[10], v[11] and tonumber(v[11]) or nil
  room.front, room.line_end, room.keeps_fields = tonumber(v[12] or 0), tonumber(v[13] or 0), v[14] == '1'
  room.opened_for, room.ended_for = tonumber(v[15] or 0), tonumber(v[16] or 0)
  room.is_site = v[17] == 'site'
  room.lobby_us, room.grace_us = room.lobby_s * 1000000, room.grace_s * 1000000
  room.return_us, room.restore_us = room.return_s * 1000000, room.restore_s * 1000000
  room.is_steered = room.rate_mode == 'autopilot'
  room.asks_for_solution = room.challenge == 'on'
  return room
end

-- Returns the next arrival: the time, but strictly increasing, as Redis orders a tie by member id, which
-- is not first come first served. The caller stores it.
local function next_arrival(room, now)
  room.last_arrival = math.max(now, room.last_arrival + 1)
  return room.last_arrival
end

-- Remembers that the room has opened, or ended: see schedule_time.
local function note_schedule(room, now, keys)
  if now >= room.opens_at and room.opened_for ~= room.opens_at then
    room.opened_for = room.opens_at
    redis.call('HSET', keys.room, 'opened_for', digits(room.opens_at))
  end
  if now >= room.closes_at and room.ended_for ~= room.closes_at then
    room.ended_for = room.closes_at
    redis.call('HSET', keys.room, 'ended_for', digits(room.closes_at))
  end
end

-- Returns the time by which the room opens and ends: if the clock is set back after either, the room
-- does so only once.
local function schedule_time(room, now)
  if room.ended_for == room.closes_at then return math.max(now, room.closes_at) end
  if room.opened_for == room.opens_at then return math.max(now, room.opens_at) end
  return now
end

-- Returns nil while the room is open; else the slug of its refusal.
local function room_refusal(room, now)
  local at = schedule_time(room, now)
  if room.state == 'closed' or at >= room.closes_at then return 'closed' end
  if room.remain <= 0 then return 'sold_out' end
  if at < room.opens_at then return 'not_open_yet' end
  return nil
end

-- Whether nobody gets anything any more.
local function is_over(refusal)
  return refusal == 'closed' or refusal == 'sold_out'
end

-- A draining room rejects new entries only, so `draining` is none of room_refusal's slugs.
local function is_draining(room)
  return room.state == 'draining'
end

local function in_lobby(room, now)
  local at = schedule_time(room, now)
  return at < room.opens_at and at >= room.opens_at - room.lobby_us
end

-- Whether a member who enters now takes a number of the draw.
local function takes_numbers(room, now)
  return room.opening == 'draw' and schedule_time(room, now) < room.opens_at
end

-- Whether the lobby's order is still secret: until Postgres has the draw, the opening may be postponed
-- and others may enter.
local function is_undrawn(room)
  return room.opening == 'draw' and not room.is_drawn
end

-- Returns the mark that stands for a member's number before the draw: negative, and derived from their
-- id only. It spreads their polls.
local function mark_of(member)
  return digits(-1 - tonumber(string.sub(redis.sha1hex(member), 1, 8), 16) % 1000)
end

-- Returns the arrival (a string) for the member's answer and ticket: their mark before a draw.
local function told_arrival(room, member, arrival)
  if is_undrawn(room) and tonumber(arrival) < DRAWN_BELOW then return mark_of(member) end
  return arrival
end

-- Returns whether members may still return to places that the line has lost. The period begins with the
-- first request after the loss, as the server may be unreachable until then.
local function is_restoring_places(room, now)
  return room.restoring_from == 0 or room.restoring_until > now
end

-- Returns until when a line that lost places admits nobody (us), or 0: until members had time to return,
-- and all issued outcomes were reported again. A line that lost only its end (failover.lua) waits for the
-- outcomes only.
local function restoring_until(room, now)
  local until_us = room.is_retold and 0 or now + 1000000
  if room.held_from or not is_restoring_places(room, now) then return until_us end
  return math.max(until_us, room.restoring_from == 0 and now + room.restore_us or room.restoring_until)
end

-- Returns the last arrival that may be admitted, as lost members may return behind it; nil without one.
local function admits_up_to(room, now)
  return room.held_from and is_restoring_places(room, now) and room.held_from or nil
end
