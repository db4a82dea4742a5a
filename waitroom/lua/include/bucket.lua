-- bucket: the room's token bucket.

-- Admitters call a few times a second: a smaller bucket would overflow between two calls, and the rate
-- would stay below the room's.
local CALLS_APART_S = 0.25

-- Returns the tokens that have come together since `at`.
local function refilled(room, tokens, at, now)
  local elapsed_s = math.max(0, now - at) / 1000000
  local capacity = math.max(room.burst, room.rate_per_s * CALLS_APART_S)
  return math.min(capacity, tokens + elapsed_s * room.rate_per_s)
end
