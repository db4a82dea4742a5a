-- start_attempt: counts an attempt to sign in before its result is known, or returns the time to wait.
--   KEYS[1] of this name (hash)   KEYS[2] from this address (hash)
--   ARGV[1] free attempts   ARGV[2] first wait (s)   ARGV[3] kept for (s)
--   ARGV[4], ARGV[5] longest wait for KEYS[1], KEYS[2] (s)
--   returns seconds to wait, or 0 where it has counted this attempt

local now = tonumber(redis.call('TIME')[1])
local free, first = tonumber(ARGV[1]), tonumber(ARGV[2])

local wait = 0
for _, key in ipairs(KEYS) do
  wait = math.max(wait, tonumber(redis.call('HGET', key, 'until') or '0') - now)
end
if wait > 0 then return wait end

for i, key in ipairs(KEYS) do
  local beyond = redis.call('HINCRBY', key, 'count', 1) - free
  if beyond >= 0 then
    local longest = tonumber(ARGV[3 + i])
    redis.call('HSET', key, 'until', now + math.min(longest, first * 2 ^ math.min(beyond, 20)))
  end
  redis.call('EXPIRE', key, ARGV[3])
end
return 0
