-- apply_settings: applies a room's settings, unless newer ones are in force.
--   KEYS[1] room (hash)
--   ARGV[1] version   ARGV[2] used_count
--   ARGV[3] when Postgres' last watermark was taken, by this clock (us), or 0
--   ARGV[4] its spent_until   ARGV[5] its last arrival
--           then field, value, field, value...
--   returns 1 where they are in force, 0 where newer ones were
--
-- Several processes read the settings from Postgres at different times; the higher version is the later.
-- used_count only grows, so the larger one is the later. A watermark is taken in Redis before Postgres
-- stores it: a Redis with an older one than Postgres has lost what came in between.
--@include clock

local function found_loss(taken_at)
  local now = now_us()
  local last = tonumber(redis.call('HGET', keys.room, 'last_arrival') or '0')
  redis.call('HSET', keys.room, 'watermark_at', taken_at, 'spent_until', ARGV[4], 'front', ARGV[4],
    -- New arrivals must be later than lost ones, even if this Redis' clock is behind.
    'last_arrival', digits(math.max(last, tonumber(ARGV[5]))),
    'lost_at', digits(now), 'restoring_from', '0', 'restoring_until', '0', 'is_retold', '0')
end

local version = tonumber(redis.call('HGET', keys.room, 'version') or '-1')
local used = tonumber(redis.call('HGET', keys.room, 'used_count') or '0')
redis.call('HSET', keys.room, 'used_count', math.max(used, tonumber(ARGV[2])))
-- A ticket older than this is from a line that Redis has lost (restore.lua).
if version < 0 then redis.call('HSET', keys.room, 'founded_at', digits(now_us())) end
if tonumber(ARGV[3]) > tonumber(redis.call('HGET', keys.room, 'watermark_at') or '0') then
  found_loss(ARGV[3])
end
if version > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', keys.room, 'version', ARGV[1], unpack(ARGV, 6))
return 1
