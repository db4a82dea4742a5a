-- add_latency: adds what a process has timed since it last told to this second's histogram, and to all.
--   KEYS[1] room (hash)      KEYS[2] meter (hash)      KEYS[3] tally (hash)
--   ARGV[1] what             ARGV[2] us that all of it took together
--           then step, count, step, count...
--   returns 1, or 0 where the room is unknown
--
-- A process tells once a second, not at each request: a crowd's way must not get longer by it.
--@include clock
--@include meter
--@include latency

if redis.call('EXISTS', keys.room) == 0 then return 0 end
local steps = {}
for i = 3, #ARGV, 2 do add_to_step(steps, tonumber(ARGV[i]), tonumber(ARGV[i + 1])) end
-- First: this second's histogram takes in what others have told of it.
tally_steps(keys.tally, ARGV[1], steps, tonumber(ARGV[2]))
count_steps(keys.meter, ARGV[1], steps, now_us())
return 1
