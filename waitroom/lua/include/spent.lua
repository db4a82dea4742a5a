-- spent: tickets that restore no place, and those of them that Postgres may not have. Needs clock.

-- Marks the member's tickets up to this arrival as spent.
local function spend(now, member, arrival, keys)
  redis.call('HSET', keys.spent, member, arrival)
  redis.call('ZADD', keys.spent_unsaved, digits(now), member)
end

-- Reverts `spend` for a member who enters a draw again: they get the same number each time.
local function unspend(now, member, keys)
  redis.call('HSET', keys.spent, member, '0')
  redis.call('ZADD', keys.spent_unsaved, digits(now), member)
end
