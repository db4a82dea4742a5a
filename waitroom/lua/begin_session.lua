-- begin_session: begins a member's session, and uses up the hand-over token.
--   KEYS[1] ended (zset: member, when in us)   KEYS[2] floor (string, us)
--   KEYS[3] used (string), of the token; absent for a sign-in without one
--   ARGV[1] member   ARGV[2] nonce of this call   ARGV[3] the used token is kept for (s)
--   returns when the session begins (us): later than any end of the member's sessions;
--   '' where another call has used the token
-- A retry after a lost answer has the same nonce, and gets an answer again.

if KEYS[3] and not redis.call('SET', KEYS[3], ARGV[2], 'NX', 'EX', ARGV[3]) then
  if redis.call('GET', KEYS[3]) ~= ARGV[2] then return '' end
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local ended = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0')
local floor = tonumber(redis.call('GET', KEYS[2]) or '0')
return string.format('%.0f', math.max(now, ended + 1, floor + 1))
