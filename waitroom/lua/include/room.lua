-- room: what the line knows of its room, and why it may be shut.

local function read_room(key)
  local v = redis.call('HMGET', key, 'state', 'opens_at', 'closes_at', 'size_max', 'seats',
    'rate_per_s', 'burst', 'total_count', 'used_count')
  if not v[1] then return nil end
  return {
    state = v[1], opens_at = tonumber(v[2]), closes_at = tonumber(v[3]),
    size_max = tonumber(v[4]), seats = tonumber(v[5]), rate_per_s = tonumber(v[6]),
    burst = tonumber(v[7]), remain = tonumber(v[8]) - tonumber(v[9]),
  }
end

-- nil while people are let in; else the slug of the refusal that all who wait are told at once.
local function shut_because(room, now)
  if room.state == 'closed' or now >= room.closes_at then return 'closed' end
  if room.remain <= 0 then return 'sold_out' end
  if now < room.opens_at then return 'not_open_yet' end
  return nil
end
