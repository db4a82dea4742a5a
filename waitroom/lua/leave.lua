-- leave: gives up a place in line; who is admitted or has an outcome stays as they are.
--   KEYS[1] waiting (zset)   KEYS[2] tally (hash)   KEYS[3] heard (hash)   KEYS[4] away (hash)
--   KEYS[5] meter (hash)
--   ARGV[1] member id
--   returns 1 where a place was given up, else 0
--@include clock
--@include meter

local left = redis.call('ZREM', KEYS[1], ARGV[1]) + redis.call('HDEL', KEYS[4], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
if left == 1 then
  redis.call('HINCRBY', KEYS[2], 'left', 1)
  count_on_meter(KEYS[5], 'left', 1, now_us())
end
return left
