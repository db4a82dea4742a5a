-- visits: starts and ends visits of a room that leads to a site. Needs clock, bulk, meter, visit.

-- How long a record is kept after the last pass of its visit has expired.
local VISIT_KEPT_US = 600000000
local VISIT_ENDS = { f = 'finished', e = 'ended', r = 'revoked' }

local function index_visit(visit, now, keys)
  redis.call('ZADD', keys.claims, digits(visit.claimed), visit.id)
  if visit.state == 'i' then
    redis.call('ZADD', keys.inside, digits(visit.ends), visit.id)
  else
    redis.call('ZADD', keys.ended, digits(visit.ends + VISIT_KEPT_US), visit.id)
  end
  if is_living(visit, now) then
    redis.call('HSET', keys.outcomes, visit.member, 'v' .. visit.arrival .. ' ' .. visit.id)
  end
end

local function start_visit(visit, now, keys)
  write_visit(visit, keys)
  index_visit(visit, now, keys)
end

-- Ends those of these visits that are inside, with this state, or `e` where their time is up already.
local function end_visits(ids, state, now, keys)
  local counts = {}
  for _, id in ipairs(ids) do
    local visit = visit_with(id, keys)
    if visit and visit.state == 'i' then
      local how, at = state_of(visit, now)
      visit.state, visit.ended = how == 'i' and state or how, how == 'i' and now or at
      write_visit(visit, keys)
      redis.call('ZADD', keys.ended, digits(visit.ends + VISIT_KEPT_US), id)
      counts[visit.state] = (counts[visit.state] or 0) + 1
    end
  end
  call_with('ZREM', keys.inside, ids)
  for how, count in pairs(counts) do
    redis.call('HINCRBY', keys.tally, VISIT_ENDS[how], count)
    count_on_meter(keys.meter, VISIT_ENDS[how], count, now)
  end
end
