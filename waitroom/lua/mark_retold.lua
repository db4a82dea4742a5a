-- mark_retold: notes that all issued outcomes were reported again after a loss.
--   KEYS[1] room (hash)
--   ARGV[1] when that loss was found (us)
--   returns 1, or 0 after another loss since
if redis.call('HGET', keys.room, 'lost_at') ~= ARGV[1] then return 0 end
redis.call('HSET', keys.room, 'is_retold', '1')
return 1
