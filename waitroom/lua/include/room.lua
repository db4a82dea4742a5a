-- room: what the line knows of its room, and why it may be shut.
-- SETTING_NAMES and settings_in stand before this: redis_io/scripts.py writes them.
-- DRAWN_BELOW, as all constants that are shared with Python: redis_io/constants.py.

local function read_room(key)
  local v = redis.call('HMGET', key, 'opens_at', 'closes_at', 'total_count', 'used_count', 'is_drawn',
    'is_retold', 'restoring_from', 'restoring_until', 'last_arrival', unpack(SETTING_NAMES))
  if not v[1] then return nil end
  local room = settings_in(v, 9)
  room.opens_at, room.closes_at = tonumber(v[1]), tonumber(v[2])
  room.remain = tonumber(v[3]) - tonumber(v[4])
  -- Rooms settled by an earlier version know nothing of these until they are settled again.
  room.is_drawn, room.is_retold, room.restoring_from = v[5] == '1', v[6] ~= '0', tonumber(v[7] or -1)
  room.restoring_until, room.last_arrival = tonumber(v[8] or 0), tonumber(v[9] or 0)
  room.lobby_us, room.grace_us = room.lobby_s * 1000000, room.grace_s * 1000000
  room.return_us, room.restore_us = room.return_s * 1000000, room.restore_s * 1000000
  room.is_steered = room.rate_mode == 'autopilot'
  room.asks_for_solution = room.challenge == 'on'
  return room
end

-- The next arrival: the time, but strictly increasing. A tie would be ordered by member id, which is
-- not first come first served. Whoever takes one writes it down.
local function next_arrival(room, now)
  room.last_arrival = math.max(now, room.last_arrival + 1)
  return room.last_arrival
end

-- nil while people are let in; else the slug of the refusal that all who wait are told at once.
local function shut_because(room, now)
  if room.state == 'closed' or now >= room.closes_at then return 'closed' end
  if room.remain <= 0 then return 'sold_out' end
  if now < room.opens_at then return 'not_open_yet' end
  return nil
end

-- While it drains nobody new may take a place. Who has one is served, so this shuts no room.
local function is_draining(room)
  return room.state == 'draining'
end

local function in_lobby(room, now)
  return now < room.opens_at and now >= room.opens_at - room.lobby_us
end

-- Whether a member who enters now takes a number of the draw.
local function takes_numbers(room, now)
  return room.opening == 'draw' and now < room.opens_at
end

-- Whether nobody may know the lobby's order: until the draw is written down, the opening may still
-- be put off and others may enter.
local function is_undrawn(room)
  return room.opening == 'draw' and not room.is_drawn
end

-- What a member is told in place of their number: negative, and by their id alone, as it spreads
-- over time when they ask again.
local function mark_of(member)
  return digits(-1 - tonumber(string.sub(redis.sha1hex(member), 1, 8), 16) % 1000)
end

-- What a member is told of their arrival (a string), with which they are also signed a ticket.
local function told_arrival(room, member, arrival)
  if is_undrawn(room) and tonumber(arrival) < DRAWN_BELOW then return mark_of(member) end
  return arrival
end

-- Until when a line that has lost its places lets nobody through (us), or 0. As long as nobody was
-- heard since, that has not begun: it may be us who can't be reached. And not before those who hold a
-- coupon are known again, however long that takes.
local function restoring_until(room, now)
  if room.restoring_from == 0 then return now + room.restore_us end
  if not room.is_retold then return math.max(room.restoring_until, now + 1000000) end
  return room.restoring_until > now and room.restoring_until or 0
end
