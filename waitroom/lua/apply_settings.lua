-- apply_settings: puts a room's settings in force, unless newer ones already are.
--   KEYS[1] room (hash)
--   ARGV[1] version   ARGV[2] used_count
--   ARGV[3] when the last watermark was taken that Postgres has, by this clock (us), or 0
--   ARGV[4] its spent_until   ARGV[5] its last arrival
--           then field, value, field, value...
--   returns 1 where they are in force, 0 where newer ones were
--
-- Settings come from several processes that read Postgres at different times; the version says
-- which is later. used_count only grows, so the larger is the later. A watermark is taken here before
-- it is written down there: whoever knows of an earlier one only has lost what came in between.
--@include clock

local function found_loss(taken_at)
  local now = now_us()
  local last = tonumber(redis.call('HGET', keys.room, 'last_arrival') or '0')
  redis.call('HSET', keys.room, 'watermark_at', taken_at, 'spent_until', ARGV[4], 'front', ARGV[4],
    -- Whoever comes now stands behind all who came before, whatever this Redis' clock says.
    'last_arrival', digits(math.max(last, tonumber(ARGV[5]))),
    'lost_at', digits(now), 'restoring_from', '0', 'restoring_until', '0', 'is_retold', '0')
end

local version = tonumber(redis.call('HGET', keys.room, 'version') or '-1')
local used = tonumber(redis.call('HGET', keys.room, 'used_count') or '0')
redis.call('HSET', keys.room, 'used_count', math.max(used, tonumber(ARGV[2])))
-- Whoever holds an older ticket than this was given it by a line that is no more (restore.lua).
if version < 0 then redis.call('HSET', keys.room, 'founded_at', digits(now_us())) end
if tonumber(ARGV[3]) > tonumber(redis.call('HGET', keys.room, 'watermark_at') or '0') then
  found_loss(ARGV[3])
end
if version > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', keys.room, 'version', ARGV[1], unpack(ARGV, 6))
return 1
