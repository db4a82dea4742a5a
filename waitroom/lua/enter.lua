-- enter: gives each member a place in line; entering again keeps the first place.
--   KEYS[1] room (hash)      KEYS[2] waiting (zset: member, arrival in us or number drawn)
--   KEYS[3] arrivals (hash: admitted member, arrival)   KEYS[4] outcomes (hash)
--   KEYS[5] bucket (hash)    KEYS[6] tally (hash)
--   KEYS[7] last_seen (hash)     KEYS[8] away (hash)        KEYS[9] meter (hash)
--   KEYS[10] spent (hash: member, arrival up to which tickets are spent)
--   KEYS[11] solved (zset: used solution, expiry in s)
--   KEYS[12] spent_unsaved (zset: member, since when in us)
--   KEYS[13] admitted (zset: member, due in us)         KEYS[14] visits (hash: visit, record)
--   KEYS[15] inside (zset: living visit, its end in us)
--   KEYS[16] admissions (hash: member, admitted at in us)
--   ARGV[1] how many members   ARGV[2] how many solutions: as many, or none
--   ARGV[3] '1' where the caller waits until replicas have what this call wrote, else '0'
--           Then the members' ids, in order of arrival; then the solution of each ('': none; else
--           its name, space, its expiry in s); then, optionally, the draw's number of each, which
--           the caller derives from the seed
--   returns {facts, {standing}, ...}, or {} where the room is unknown; a standing may also be
--           {'room_full'}, {'draining'}, {'challenge_required'}, or {'undrawn', '0', the seed} where
--           the call must be repeated with the member's number; {'untold'} in place of a refusal after
--           a loss, while issued outcomes are not yet reported again
--@include clock
--@include room
--@include failover
--@include line_end
--@include lost_keys
--@include bulk
--@include meter
--@include spent
--@include presence
--@include bucket
--@include_for_sites visit
--@include_for_sites walk_in
--@include member_status

local room = read_room(keys.room)
if not room then return {} end
if room.is_site then load_site_functions() end

local now = now_us()
note_failover(room, now, keys)
local refusal = room_refusal(room, now)
local lobby = in_lobby(room, now)
local size = redis.call('ZCARD', keys.waiting)
note_lost_hashes(room, now, keys)
note_lost_line(room, now, size, keys)
-- Refusals at entry in this call, by reason.
local entry_refusals = {}
local count, solutions = tonumber(ARGV[1]), tonumber(ARGV[2])
local members = { unpack(ARGV, 4, count + 3) }
local known = known_of(members, keys)
known.is_entering = true
local function solution_of(i) return solutions > 0 and ARGV[3 + count + i] or '' end
local function number_of(i) return ARGV[3 + count + solutions + i] end
-- Places taken in this call, by member; of these the ones not written yet, as ZADD takes them: arrival,
-- member, arrival...
local places, fresh, entered = {}, {}, 0
-- Of a site: who walks in (member, arrival, member...), and how many more may, once that was asked.
local called, walk_ins_left = {}, nil

-- A refused member may enter again once the room is open again.
local function forget_refusal(i, member)
  local outcome = known.outcomes[i]
  if outcome and string.sub(outcome, 1, 1) == 'r' then
    -- A draining room refuses them at entry, so their earlier refusal stays.
    if not is_draining(room) then
      redis.call('HDEL', keys.outcomes, member)
      spend(now, member, string.match(outcome, '^.(%d+)'), keys)
    end
    known.outcomes[i] = false
  end
end

-- A visitor may enter again after their visit.
local function forget_visit(i, member)
  local visit = visit_with(visit_id_in(known.outcomes[i]), keys)
  if visit and is_living(visit, now) then return end
  redis.call('HDEL', keys.outcomes, member)
  known.outcomes[i] = false
end

local function walks_in()
  if not room.is_site or refusal then return false end
  walk_ins_left = walk_ins_left or walk_ins_allowed(room, now, keys)
  return walk_ins_left > 0 and (size == 0 or room.passthrough == 'on')
end

-- The score in the line: the number drawn in a lobby that draws, else the time.
local function score_for(i, member)
  if takes_numbers(room, now) then
    -- A number holds no time of arrival, so record it as the last request.
    known.seen_now[#known.seen_now + 1] = member
    known.seen_now[#known.seen_now + 1] = record_of(now)
    -- After a loss Postgres may know of a spent number that Redis has lost.
    if not room.is_retold or redis.call('HEXISTS', keys.spent, member) == 1 then
      unspend(now, member, keys)
    end
    raise_line_end(room, tonumber(number_of(i)))
    return number_of(i)
  end
  local arrival = next_arrival(room, now)
  raise_line_end(room, arrival)
  return digits(arrival)
end

-- Uses the solution up in the same atomic move, so that it counts once.
local function is_solved(i)
  local name, until_s = string.match(solution_of(i), '^(%S+) (%d+)$')
  if not name then return false end
  if redis.call('ZADD', keys.solved, 'NX', until_s, name) == 0 then return false end
  redis.call('ZREMRANGEBYSCORE', keys.solved, '-inf', math.floor(now / 1000000) - 1)
  redis.call('EXPIREAT', keys.solved, until_s, 'NX')
  redis.call('EXPIREAT', keys.solved, until_s, 'GT')
  return true
end

local function refuse_entry(why)
  entry_refusals[why] = (entry_refusals[why] or 0) + 1
  return { why }
end

local function line_up(i, member)
  -- After a loss they may have a coupon.
  if not room.is_retold and (is_over(refusal) or is_draining(room)) then return { 'untold' } end
  if refusal and not (refusal == 'not_open_yet' and lobby) then return refuse_entry(refusal) end
  if is_draining(room) then return refuse_entry('draining') end
  if size >= room.size_max then return refuse_entry('room_full') end
  if takes_numbers(room, now) and not number_of(i) then
    return { 'undrawn', '0', redis.call('HGET', keys.room, 'draw_seed') or '' }
  end
  if room.asks_for_solution and not is_solved(i) then return { 'challenge_required' } end
  local walking_in = walks_in()
  local score = score_for(i, member)
  entered = entered + 1
  if walking_in then
    walk_ins_left = walk_ins_left - 1
    called[#called + 1], called[#called + 2] = member, score
    places[member] = { 'called', score, 0, digits(now + room.claim_us + #called - 1) }
    return places[member]
  end
  fresh[#fresh + 1] = score
  fresh[#fresh + 1] = member
  size = size + 1
  local told = told_arrival(room, member, score)
  places[member] = { 'waiting', told, told ~= score and 0 or size - 1 }
  return places[member]
end

local function write_places()
  call_with('ZADD', keys.waiting, fresh)
  fresh = {}
end

-- Before a passed-over member returns, write the places of those who entered before them in this call:
-- the member's rank must count them.
local function standing_now(i, member)
  if not known.away[i] or known.came_back[member] then
    return standing_of(i, member, room, now, refusal, known, keys)
  end
  write_places()
  local standing = standing_of(i, member, room, now, refusal, known, keys)
  if known.came_back[member] then size = size + 1 end
  return standing
end

local standings = {}
for i, member in ipairs(members) do
  if not refusal or lobby then
    if not room.is_site then forget_refusal(i, member)
    elseif known.outcomes[i] and not places[member] then forget_visit(i, member) end
  end
  -- Two clicks in one call: the second gets the first one's place.
  local standing = places[member] or standing_now(i, member)
  if standing[1] == 'absent' or standing[1] == 'untold' then standing = line_up(i, member) end
  standings[i] = standing
end

if #called > 0 then call_in(called, room, now, keys) end
if entered > 0 then
  write_places()
  redis.call('HSET', keys.room, 'last_arrival', digits(room.last_arrival),
    'line_end', digits(room.line_end))
  redis.call('HINCRBY', keys.tally, 'entered', entered)
  count_on_meter(keys.meter, 'entered', entered, now)
end
if entered == 0 and ARGV[3] == '1' then
  -- Replicas acknowledge the last write of a connection. Another one may have given the places that this
  -- call tells, such as before a repeated call: with a write of its own it waits for these too.
  redis.call('HINCRBY', keys.tally, 'entered', 0)
end
for why, count in pairs(entry_refusals) do
  redis.call('HINCRBY', keys.tally, 'turned_away', count)
  redis.call('HINCRBY', keys.tally, 'turned_away:' .. why, count)
  count_on_meter(keys.meter, 'turned_away', count, now)
end
known.anybody_waits = known.anybody_waits or entered > 0
return { finish_call(room, now, known, keys), unpack(standings) }
