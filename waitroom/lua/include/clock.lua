-- clock: Redis' time, so that all processes agree on the order of arrival.

local function now_us()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- Lua prints large numbers as 1.7e+15, which would lose microseconds.
local function digits(number)
  return string.format('%.0f', number)
end
