-- failover: notices that another Redis serves the room than before. Needs clock, room.
--
-- A replica that is promoted, and a Redis that restarts, may lack the last writes, but never writes in
-- between. So the members who survive in the line stand before all whom it has lost: it may admit them,
-- and holds the members behind them (`held_from`) until the lost ones had time to return.

-- New arrivals must be later than all lost ones: no host's clock is further behind than this.
local CLOCK_MARGIN_US = 2000000
local RUN_ID_LENGTH = 40

-- Returns nil where an ACL forbids INFO. Each call of a crowd's scripts reads it, and a plain search takes
-- half as long as a pattern.
local function read_run_id()
  local info = redis.pcall('INFO', 'server')
  local _, before = string.find(type(info) == 'string' and info or '', 'run_id:', 1, true)
  return before and string.sub(info, before + 1, before + RUN_ID_LENGTH) or nil
end

-- Returns the last arrival that survives, or nil where the line can't tell who is missing: members of a
-- draw that is not stored yet stand anywhere in it, and so do members whom an earlier loss has lost. In
-- front of a site nobody may be called before lost visits had time to return: they take seats.
local function survives_until(room, now)
  if is_undrawn(room) then return nil end
  if room.is_site then return nil end
  if not room.held_from and is_restoring_places(room, now) then return nil end
  local last = math.max(room.last_arrival, DRAWN_BELOW - 1)
  return is_restoring_places(room, now) and math.min(last, room.held_from) or last
end

-- Lost members may return from now on, and outcomes are reported again. held_from: as survives_until.
local function await_return(room, now, keys, held_from)
  room.held_from, room.lost_at = held_from, now
  room.is_retold, room.restoring_from, room.restoring_until = room.is_site, 0, 0
  redis.call('HSET', keys.room, 'held_from', held_from and digits(held_from) or '', 'lost_at', digits(now),
    'restoring_from', '0', 'restoring_until', '0', 'is_retold', '0')
end

local function note_failover(room, now, keys)
  local run_id = read_run_id()
  if not run_id or run_id == room.run_id then return end
  redis.call('HSET', keys.room, 'run_id', run_id)
  -- A room of an earlier version has no run id. Nobody can have come before the lobby opens.
  local lobby_at = room.opens_at - room.lobby_us
  if (room.run_id or '') == '' or schedule_time(room, now) + CLOCK_MARGIN_US < lobby_at then return end
  await_return(room, now, keys, survives_until(room, now))
  room.last_arrival = math.max(now, room.last_arrival) + CLOCK_MARGIN_US
  redis.call('HSET', keys.room, 'last_arrival', digits(room.last_arrival), 'failed_over_at', digits(now))
end
