-- end_sessions: ends all of a member's sessions that began until now (sign out).
--   KEYS[1] ended (zset: member, when in us)   KEYS[2] floor (string, us)
--   ARGV[1] member   ARGV[2] when the calling session began (us)
--   ARGV[3] a session's longest life (s)   ARGV[4] most members kept
--   returns when they ended (us), later than any end before, so that readers can use it as a cursor
-- Deletes ends older than any living session. Beyond ARGV[4] members it also deletes the oldest ends
-- and raises the floor to them, which ends all sessions of all members that began until then.

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
