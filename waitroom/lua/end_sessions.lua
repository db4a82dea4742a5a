-- end_sessions: a member signs out: their sessions that began until now count no more.
--   KEYS[1] ended (zset: member, when in us)   KEYS[2] floor (string, us)
--   ARGV[1] member   ARGV[2] when the session that asks for it began (us)
--   ARGV[3] a session lasts at most (s)   ARGV[4] members kept at most
--   returns when they ended (us), later than any end before: who reads on from the last one that
--   they know misses none
-- Ends older than any session are forgotten. Beyond ARGV[4] members the oldest ends go too, and the
-- floor rises to them: no session that began until then counts, whosever it is.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
local at = math.max(now, tonumber(ARGV[2]), tonumber(last[2] or '0') + 1)

redis.call('ZADD', KEYS[1], string.format('%.0f', at), ARGV[1])
local over = now - tonumber(ARGV[3]) * 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', over))

local surplus = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[4])
if surplus > 0 then
  local oldest = redis.call('ZRANGE', KEYS[1], surplus - 1, surplus - 1, 'WITHSCORES')
  redis.call('SET', KEYS[2], string.format('%.0f', tonumber(oldest[2])))
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, surplus - 1)
end
return string.format('%.0f', at)
