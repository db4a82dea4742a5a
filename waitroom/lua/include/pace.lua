-- pace: how fast people are let through, as measured while somebody was left waiting.
--
-- Counting idle time too would take a quiet hour for slowness. Both sums fade with the same time
-- constant, so their ratio is right from the start. What people are told changes only when the
-- measure has moved by more than a tolerance: an estimate that trembles is not believed.

local PACE_FADES_S = 10
local PACE_KNOWN_AFTER_S = 2
local PACE_TOLERANCE = 0.15

local function measure_pace(bucket, elapsed_s, admitted)
  local keep = math.exp(-elapsed_s / PACE_FADES_S)
  bucket.pace_people = bucket.pace_people * keep + admitted
  bucket.pace_time_s = bucket.pace_time_s * keep + elapsed_s
  if bucket.pace_time_s < PACE_KNOWN_AFTER_S then return end
  local pace = bucket.pace_people / bucket.pace_time_s
  if math.abs(pace - bucket.pace_told) > PACE_TOLERANCE * bucket.pace_told then
    bucket.pace_told = pace
  end
end
