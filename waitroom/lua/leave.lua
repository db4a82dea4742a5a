-- leave: gives up a place in line; who is admitted or has an outcome stays as they are.
--   KEYS[1] waiting (zset)   KEYS[2] tally (hash)   KEYS[3] heard (hash)   KEYS[4] away (hash)
--   ARGV[1] member id
--   returns 1 where a place was given up, else 0

local left = redis.call('ZREM', KEYS[1], ARGV[1]) + redis.call('HDEL', KEYS[4], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
if left == 1 then redis.call('HINCRBY', KEYS[2], 'left', 1) end
return left
