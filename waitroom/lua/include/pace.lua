-- pace: the measured rate of admission while members wait.
--
-- Measured from one admission to the next, as a line that moves by whole batches would seem to slow down
-- in between. Idle time does not count, or a quiet hour would look slow; nor does a long stop, after
-- which the measure restarts. Both sums decay with the same time constant, so their ratio is right from
-- the start. The published pace changes only by more than a tolerance, as members distrust an estimate
-- that keeps changing.

local PACE_FADES_S = 10
local PACE_KNOWN_AFTER_S = 2
local PACE_TOLERANCE = 0.15

local function measure_pace(bucket, rate_per_s, admitted, now)
  local since_s = math.max(0, now - bucket.moved) / 1000000
  if admitted > 0 or not bucket.busy then bucket.moved = now end
  if admitted == 0 or not bucket.busy then return end
  if since_s > PACE_LOST_AFTER_S + PACE_LOST_AFTER_PEOPLE / rate_per_s then
    bucket.pace_people, bucket.pace_time_s, bucket.pace_told = 0, 0, 0
    return
  end
  local keep = math.exp(-since_s / PACE_FADES_S)
  bucket.pace_people = bucket.pace_people * keep + admitted
  bucket.pace_time_s = bucket.pace_time_s * keep + since_s
  if bucket.pace_time_s < PACE_KNOWN_AFTER_S then return end
  local pace = bucket.pace_people / bucket.pace_time_s
  if math.abs(pace - bucket.pace_told) > PACE_TOLERANCE * bucket.pace_told then
    bucket.pace_told = pace
  end
end
