-- leave: gives up a place in line; who is admitted or has an outcome stays as they are.
--   KEYS[1] waiting (zset)   KEYS[2] tally (hash)   KEYS[3] heard (hash)   KEYS[4] away (hash)
--   KEYS[5] meter (hash)     KEYS[6] spent (hash: member, arrival)
--   ARGV[1] member id
--   returns 1 where a place was given up, else 0
--
-- The ticket of who has left is spent, or else they would stand where they stood by showing it.
--@include clock
--@include meter

local member = ARGV[1]
local away = redis.call('HGET', KEYS[4], member)
local arrival = redis.call('ZSCORE', KEYS[1], member) or (away and string.match(away, '^%d+'))
redis.call('HDEL', KEYS[3], member)
if not arrival then return 0 end
redis.call('ZREM', KEYS[1], member)
redis.call('HDEL', KEYS[4], member)
redis.call('HSET', KEYS[6], member, arrival)
redis.call('HINCRBY', KEYS[2], 'left', 1)
count_on_meter(KEYS[5], 'left', 1, now_us())
return 1
