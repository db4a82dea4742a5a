-- rate_limit: counts requests in a sliding window, and lets through as many more as may pass.
--   KEYS[1], KEYS[2], KEYS[3] windows (hash: who, how many; '': which window it is), used by turns
--   ARGV[1] length of a window (us); then for each who: their name, how many may pass in a window,
--           how many a process has let through by itself, how many wait to be let through
--   returns {now_us, {in the window before, in this one, let through}, ...}
--
-- The window before counts by the part of it that is still less than a length ago, as if its
-- requests had been spread evenly: two numbers for each who, and no doubling where one window ends
-- and the next begins.
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
