-- apply_decision: applies the autopilot's next rate and stores the decision, unless the step is taken.
--   KEYS[1] rate_controller (hash)     KEYS[2] bucket (hash)      KEYS[3] decisions (list)
--   ARGV[1] the step that the decision is based on      ARGV[2] least time since that step in us
--   ARGV[3] rate per s       ARGV[4] the controller's state
--   ARGV[5] the decision as JSON; '' where it is not worth keeping
--   returns 1 where it is in force, 0 where another admitter has taken this step, or it is too soon:
--           never so if the clock was set back meanwhile
--
-- Any number of admitters decide; the first to call takes the step, and the others' decisions from the
-- same state are dropped. So no admitter needs election: where one dies, another takes the next step.
--@include clock

local now = now_us()
local v = redis.call('HMGET', keys.rate_controller, 'step', 'at')
if tonumber(v[1] or 0) ~= tonumber(ARGV[1]) or math.abs(now - tonumber(v[2] or 0)) < tonumber(ARGV[2]) then
  return 0
end
redis.call('HSET', keys.rate_controller, 'step', ARGV[1] + 1, 'at', digits(now), 'state', ARGV[4])
redis.call('HSET', keys.bucket, 'steered_rate_per_s', ARGV[3])
if ARGV[5] ~= '' then
  redis.call('LPUSH', keys.decisions, ARGV[5])
  redis.call('LTRIM', keys.decisions, 0, DECISIONS_MAX - 1)
end
return 1
