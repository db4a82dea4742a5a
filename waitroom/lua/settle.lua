-- settle: puts a room's settings in force, unless newer ones already are.
--   KEYS[1] room (hash)
--   ARGV[1] version   ARGV[2] used_count   then field, value, field, value...
--   returns 1 where they are in force, 0 where newer ones were
--
-- Settings come from several processes that read Postgres at different times; the version says
-- which is later. used_count only grows, so the larger is the later.

local version = tonumber(redis.call('HGET', KEYS[1], 'version') or '-1')
local used = tonumber(redis.call('HGET', KEYS[1], 'used_count') or '0')
redis.call('HSET', KEYS[1], 'used_count', math.max(used, tonumber(ARGV[2])))
if version > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], unpack(ARGV, 3))
return 1
