-- rate_limit: counts requests in a sliding window, and allows as many as the limit permits.
--   KEYS[1], KEYS[2], KEYS[3] windows (hash: client, count; '': the window's number), in rotation
--   ARGV[1] length of a window (us); then for each client: their name, their limit per window, how many
--           requests the process has allowed by itself, how many wait for a decision
--   returns {now_us, {count in the window before, count in this one, how many allowed}, ...}
--
-- The previous window counts by the part of it that is less than a length ago, as if its requests were
-- evenly spread: two numbers per client, and no double burst at a window's edge.
--@include clock

local now = now_us()
local length = tonumber(ARGV[1])
local window = math.floor(now / length)
local part_of_before = 1 - (now % length) / length

local function is_of(key, number) return redis.call('HGET', key, '') == digits(number) end

local key, key_before = KEYS[window % 3 + 1], KEYS[(window - 1) % 3 + 1]
local before_is_kept = is_of(key_before, window - 1)
if not is_of(key, window) then
  redis.call('DEL', key)
  redis.call('HSET', key, '', digits(window))
  redis.call('PEXPIRE', key, 3 * length / 1000)
end

local answers = { digits(now) }
for i = 2, #ARGV, 4 do
  local who, most, counted, waiting = unpack(ARGV, i, i + 3)
  local before = before_is_kept and redis.call('HGET', key_before, who) or 0
  local so_far = tonumber(redis.call('HGET', key, who) or 0) + counted
  local free = math.floor(most - before * part_of_before - so_far)
  local passed = math.max(0, math.min(tonumber(waiting), free))
  if counted + passed > 0 then redis.call('HINCRBY', key, who, counted + passed) end
  answers[#answers + 1] = { tonumber(before), so_far + passed, passed }
end
return answers
