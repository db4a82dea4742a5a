-- meter: counts per second, in a ring of slots of fixed size.

local function count_on_meter(key, what, count, now)
  local second = math.floor(now / 1000000)
  local slot = what .. ':' .. (second % METER_SLOTS)
  local before = redis.call('HGET', key, slot)
  if before then
    local at, so_far = string.match(before, '^(%d+) (%d+)$')
    if tonumber(at) == second then count = count + tonumber(so_far) end
  end
  redis.call('HSET', key, slot, digits(second) .. ' ' .. digits(count))
end

-- The value at the last reading within a second, such as how many wait.
local function set_on_meter(key, what, value, now)
  local second = math.floor(now / 1000000)
  redis.call('HSET', key, what .. ':' .. (second % METER_SLOTS), digits(second) .. ' ' .. digits(value))
end
