-- spent: whose old ticket gives no place back, and what of it Postgres does not have yet. Needs clock.

-- No ticket of this member up to this arrival gives a place back any more.
local function spend(now, member, arrival, keys)
  redis.call('HSET', keys.spent, member, arrival)
  redis.call('ZADD', keys.spent_unsaved, digits(now), member)
end

-- The member stands at a spent arrival again: a number of the draw is theirs however often they enter.
local function unspend(now, member, keys)
  redis.call('HSET', keys.spent, member, '0')
  redis.call('ZADD', keys.spent_unsaved, digits(now), member)
end
