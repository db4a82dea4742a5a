-- apply_settings: applies a room's settings, unless newer ones are in force.
--   KEYS[1] room (hash)      KEYS[2] arrivals (hash)    KEYS[3] outcomes (hash)
--   KEYS[4] last_seen (hash) KEYS[5] away (hash)        KEYS[6] bucket (hash)
--   ARGV[1] version   ARGV[2] used_count
--   ARGV[3] when Postgres' last watermark was taken, by this clock (us), or 0
--   ARGV[4] its spent_until   ARGV[5] its last arrival
--           then field, value, field, value...
--   returns 1 where they are in force, 0 where newer ones were
--
-- Several processes read the settings from Postgres at different times; the higher version is the later.
-- used_count only grows, so the larger one is the later. A watermark is taken in Redis before Postgres
-- stores it: a Redis with an older one than Postgres has lost what came in between, and maybe more. After a
-- failover (failover.lua) it has lost its end only, which is noticed already.
--@include clock
--@include room
--@include failover
--@include lost_keys

local function learn_progress()
  local v = redis.call('HMGET', keys.room, 'spent_until', 'last_arrival')
  redis.call('HSET', keys.room, 'watermark_at', ARGV[3],
    'spent_until', digits(math.max(tonumber(v[1] or 0), tonumber(ARGV[4]))),
    -- New arrivals must be later than lost ones, even if this Redis' clock is behind.
    'last_arrival', digits(math.max(tonumber(v[2] or 0), tonumber(ARGV[5]))))
end

local function found_loss(now)
  redis.call('HSET', keys.room, 'front', ARGV[4], 'held_from', '', 'lost_at', digits(now),
    'restoring_from', '0', 'restoring_until', '0', 'is_retold', '0')
end

-- Redis scans a small hash for each field, and scripts read many of these at each call. One value longer
-- than `hash-max-listpack-value` makes it a hash table, where a look-up takes half as long.
local function index_fields(key)
  redis.call('HSETNX', key, 'encoding',
    'a hash table, because this value is longer than hash-max-listpack-value allows in a listpack')
end

local now = now_us()
local room = read_room(keys.room)
if room then
  note_failover(room, now, keys)
  note_lost_hashes(room, now, keys)
end

local version = tonumber(redis.call('HGET', keys.room, 'version') or '-1')
local used = tonumber(redis.call('HGET', keys.room, 'used_count') or '0')
redis.call('HSET', keys.room, 'used_count', math.max(used, tonumber(ARGV[2])))
-- A ticket older than this is from a line that Redis has lost (restore.lua).
if version < 0 then
  redis.call('HSET', keys.room, 'founded_at', digits(now), 'run_id', read_run_id() or '')
end
local mark = redis.call('HMGET', keys.room, 'watermark_at', 'failed_over_at')
if tonumber(ARGV[3]) > tonumber(mark[1] or 0) then
  learn_progress()
  local is_of_failover = tonumber(ARGV[3]) <= tonumber(mark[2] or 0) + CLOCK_MARGIN_US
  if not is_of_failover then found_loss(now) end
end
if not (room and room.keeps_fields) then
  keep_fields(keys)
  redis.call('HSET', keys.room, 'keeps_fields', '1')
end
index_fields(keys.room)
index_fields(keys.bucket)
if version > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', keys.room, 'version', ARGV[1], unpack(ARGV, 6))
return 1
