-- add_latency: adds the latencies that a process has measured to this second's histogram, and to the total.
--   KEYS[1] room (hash)      KEYS[2] meter (hash)      KEYS[3] tally (hash)
--   ARGV[1] which latency    ARGV[2] their sum in us
--           then step, count, step, count...
--   returns 1, or 0 where the room is unknown
--
-- A process calls this once a second, so that requests need no extra round trip.
--@include clock
--@include meter
--@include latency

if redis.call('EXISTS', keys.room) == 0 then return 0 end
local steps = {}
for i = 3, #ARGV, 2 do add_to_step(steps, tonumber(ARGV[i]), tonumber(ARGV[i + 1])) end
-- The tally first: count_steps adds this second's earlier counts to `steps`.
tally_steps(keys.tally, ARGV[1], steps, tonumber(ARGV[2]))
count_steps(keys.meter, ARGV[1], steps, now_us())
return 1
