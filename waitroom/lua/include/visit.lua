-- visit: the record of one visit of a room that leads to a site. Needs clock, room.
--
-- A record is: state, when it was called, when claimed, when it ends, when it has ended (0 before), all in
-- us; the arrival of its member, the member. state: i (inside), f (finished), e (its time is up) or
-- r (revoked). A member's outcome is then `v`, the arrival, a space and the visit's id.

-- Reads what only rooms of sites have; returns false where the room leads to none. relinks_visits: Redis
-- has lost `outcomes` (lost_keys.lua).
local function read_visit_rules(room, keys)
  local v = redis.call('HMGET', keys.room, 'claim_s', 'session_s', 'session_max_s', 'renewal', 'passthrough',
    'keeps_visits', 'relinks_visits')
  if not v[1] then return false end
  room.claim_us, room.session_us = tonumber(v[1]) * 1000000, tonumber(v[2]) * 1000000
  room.session_max_us, room.is_renewable = tonumber(v[3]) * 1000000, v[4] == 'sliding'
  room.passthrough, room.keeps_visits, room.relinks_visits = v[5], v[6] == '1', v[7] == '1'
  return true
end

local function parse_visit(id, record)
  local state, called, claimed, ends, ended, arrival, member =
    string.match(record, '^(%a) (%d+) (%d+) (%d+) (%d+) (%d+) (%S+)$')
  return {
    id = id, state = state, called = tonumber(called), claimed = tonumber(claimed), ends = tonumber(ends),
    ended = tonumber(ended), arrival = arrival, member = member,
  }
end

-- Returns nil for an unknown visit.
local function visit_with(id, keys)
  local record = id and redis.call('HGET', keys.visits, id)
  return record and parse_visit(id, record)
end

-- Returns the id of the visit that an outcome stands for, or nil.
local function visit_id_in(outcome)
  return outcome and string.match(outcome, '^v%d+ (%S+)$') or nil
end

local function write_visit(visit, keys)
  redis.call('HSET', keys.visits, visit.id, table.concat({
    visit.state, digits(visit.called), digits(visit.claimed), digits(visit.ends), digits(visit.ended),
    visit.arrival, visit.member,
  }, ' '))
end

-- A visit is over the moment its time is up, also before a script has noted it.
local function is_living(visit, now)
  return visit.state == 'i' and visit.ends > now
end

-- Counts by time, not by what was swept.
local function count_living(now, keys)
  return redis.call('ZCOUNT', keys.inside, '(' .. digits(now), '+inf')
end

local function state_of(visit, now)
  if visit.state == 'i' and not is_living(visit, now) then return 'e', visit.ends end
  return visit.state, visit.ended
end

-- Returns the visit for Python's Visit.from_text: id, state, times (us): called, claimed, ends, ended, from
-- when it can be renewed (0: not), the latest end of all; the member.
local function told_visit(visit, room, now)
  local state, ended = state_of(visit, now)
  local latest = room.is_renewable and math.max(visit.ends, visit.claimed + room.session_max_us) or visit.ends
  local renews = state == 'i' and visit.ends < latest and visit.ends - math.floor(room.session_us / 2) or 0
  return table.concat({
    visit.id, state, digits(visit.called), digits(visit.claimed), digits(visit.ends), digits(ended),
    digits(renews), digits(latest), visit.member,
  }, ' ')
end

local VISIT_STATES = { i = 'inside', f = 'finished', e = 'ended', r = 'revoked' }

-- The standing of a member who has visited the room's site; nil once the visit's record is dropped.
local function visiting_of(outcome, room, now, keys)
  local visit = visit_with(visit_id_in(outcome), keys)
  if not visit then return nil end
  if not room.session_us then read_visit_rules(room, keys) end
  return { VISIT_STATES[state_of(visit, now)], visit.arrival, 0, told_visit(visit, room, now) }
end
