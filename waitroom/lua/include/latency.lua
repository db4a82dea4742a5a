-- latency: histograms of durations, one for each of the last seconds in the meter's ring, and one since
-- the beginning in the tally. Needs clock and meter.

-- The steps are those of stats/latency_histogram.py; their constants are in redis_io/constants.py.

local function step_of(took_us)
  if took_us <= STEP_FIRST_US then return 0 end
  return math.min(STEP_MAX, math.ceil(STEPS_AN_OCTAVE * math.log(took_us / STEP_FIRST_US) / math.log(2)))
end

-- Returns a step_of that is fast for similar durations, as in a batch: it computes a logarithm only
-- when the step changes.
local function stepper()
  local step, above, up_to = 0, -1, STEP_FIRST_US
  return function(took_us)
    if took_us > above and took_us <= up_to then return step end
    step = step_of(took_us)
    above = step > 0 and STEP_FIRST_US * 2 ^ ((step - 1) / STEPS_AN_OCTAVE) or -1
    up_to = step < STEP_MAX and STEP_FIRST_US * 2 ^ (step / STEPS_AN_OCTAVE) or math.huge
    return step
  end
end

local function add_to_step(steps, step, count)
  steps[step] = (steps[step] or 0) + count
end

-- Adds {step = count, ...} to this second's histogram: 'second step=count step=count...'.
local function count_steps(key, what, steps, now)
  if next(steps) == nil then return end
  local second = math.floor(now / 1000000)
  local slot = what .. ':' .. (second % METER_SLOTS)
  local before = redis.call('HGET', key, slot)
  if before and tonumber(string.match(before, '^%d+')) == second then
    for step, count in string.gmatch(before, '(%d+)=(%d+)') do
      add_to_step(steps, tonumber(step), tonumber(count))
    end
  end
  local written = { digits(second) }
  for step, count in pairs(steps) do written[#written + 1] = step .. '=' .. digits(count) end
  redis.call('HSET', key, slot, table.concat(written, ' '))
end

-- Adds {step = count, ...} to the tally's histogram, and their sum.
local function tally_steps(key, what, steps, took_us)
  if next(steps) == nil then return end
  for step, count in pairs(steps) do redis.call('HINCRBY', key, what .. ':' .. step, digits(count)) end
  redis.call('HINCRBY', key, what, digits(took_us))
end
