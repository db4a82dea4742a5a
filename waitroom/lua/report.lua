-- report: stores outcomes that Postgres has committed, and frees their seats.
--   KEYS[1] room (hash)      KEYS[2] admitted (zset)    KEYS[3] arrivals (hash)
--   KEYS[4] outcomes (hash)  KEYS[5] waiting (zset)     KEYS[6] meter (hash)
--   KEYS[7] tally (hash)     KEYS[8] away (hash)        KEYS[9] reports (list)
--   KEYS[10] bucket (hash)   KEYS[11] admissions (hash: member, admitted at in us)
--   KEYS[12] spent (hash: member, arrival)   KEYS[13] spent_unsaved (zset: member, since when in us)
--   ARGV[1] used_count as committed
--   ARGV[2] the transaction's duration in ms, or '' where no member waited for it
--           then member, outcome, admitted at in us or '', member..., each member once
--           an outcome is 'i' and its text, or 'r' and the refusal's slug
--   returns how many outcomes are new
--
-- Reports may repeat and arrive out of order. used_count only grows, so the larger one is the later. A
-- late refusal never replaces an issued outcome. `reports` keeps the last transactions' durations for
-- the autopilot.
--@include clock
--@include bulk
--@include meter
--@include room
--@include latency
--@include spent
--@include line_end

local REPORTS_MAX = 512

local now = now_us()
if redis.call('EXISTS', keys.room) == 1 then
  local used = tonumber(redis.call('HGET', keys.room, 'used_count') or '0')
  redis.call('HSET', keys.room, 'used_count', digits(math.max(used, tonumber(ARGV[1]))))
end

local members = {}
for i = 3, #ARGV, 3 do members[#members + 1] = ARGV[i] end
local under_way = ask_about('HMGET', keys.arrivals, members)
local before = ask_about('HMGET', keys.outcomes, members)

local due = ask_about('ZMSCORE', keys.admitted, members)
local admissions = ask_about('HMGET', keys.admissions, members)
local lease = tonumber(redis.call('HGET', keys.bucket, 'lease') or 0)
local opens_at = tonumber(redis.call('HGET', keys.room, 'opens_at') or 0)

local issued, refused = 0, 0
local done, outcomes = {}, {}
local issue_steps, wait_steps, longest, why_refused = {}, {}, 0, {}
local issue_us, wait_us = 0, 0
local issue_step_of, wait_step_of = stepper(), stepper()

-- Times from admission to outcome and from arrival to outcome; in a draw from the opening, as a number
-- holds no time of arrival.
local function note_times(i)
  local admitted_at = admissions[i] and tonumber(admissions[i])
  if not admitted_at and lease > 0 and due[i] then admitted_at = tonumber(due[i]) - lease end
  if admitted_at then
    add_to_step(issue_steps, issue_step_of(now - admitted_at), 1)
    issue_us = issue_us + math.max(0, now - admitted_at)
  end
  local arrival = tonumber(under_way[i])
  local waited = math.max(0, now - (arrival < DRAWN_BELOW and opens_at or arrival))
  add_to_step(wait_steps, wait_step_of(waited), 1)
  wait_us = wait_us + waited
  longest = math.max(longest, waited)
end

local function file(i, member, kind, text, admitted_at)
  local was_issued = before[i] and string.sub(before[i], 1, 1) == 'i'
  -- A late refusal must not take the place of a member who has entered again since, nor end a later
  -- admission.
  -- `arrivals` may be lost, and `admitted` not.
  local is_late = was_issued or not (under_way[i] or due[i])
    or (admitted_at ~= '' and admissions[i] and tonumber(admissions[i]) ~= tonumber(admitted_at))
  if kind == 'r' and is_late then return end
  local arrival = under_way[i] or redis.call('ZSCORE', keys.waiting, member)
    or (before[i] and string.match(before[i], '^.(%d+)')) or '0'
  done[#done + 1] = member
  outcomes[#outcomes + 1] = member
  outcomes[#outcomes + 1] = kind .. digits(tonumber(arrival)) .. ' ' .. text
  if kind == 'r' then
    refused = refused + 1
    why_refused[text] = (why_refused[text] or 0) + 1
    -- The ticket is spent even if Redis loses this outcome.
    spend(now, member, digits(tonumber(arrival)), keys)
  elseif not was_issued then
    issued = issued + 1
  end
  if under_way[i] then note_times(i) end
end

for i, member in ipairs(members) do
  local outcome = ARGV[i * 3 + 1]
  file(i, member, string.sub(outcome, 1, 1), string.sub(outcome, 2), ARGV[i * 3 + 2])
end
call_with('HSET', keys.outcomes, outcomes)
call_with('HDEL', keys.arrivals, done)
call_with('ZREM', keys.admitted, done)
if redis.call('EXISTS', keys.waiting) == 1 then
  call_with('ZREM', keys.waiting, done)
  note_if_emptied(keys)
end
call_with('HDEL', keys.admissions, done)
if redis.call('EXISTS', keys.away) == 1 then call_with('HDEL', keys.away, done) end

if issued > 0 then
  local stock = redis.call('HMGET', keys.room, 'used_count', 'total_count')
  if stock[1] and stock[2] and tonumber(stock[1]) >= tonumber(stock[2]) then
    redis.call('HSET', keys.tally, 'sold_out_at_us', digits(now))
  end
  redis.call('HINCRBY', keys.tally, 'issued', issued)
  count_on_meter(keys.meter, 'issued', issued, now)
end
if refused > 0 then
  redis.call('HINCRBY', keys.tally, 'refused', refused)
  count_on_meter(keys.meter, 'refused', refused, now)
end
for why, count in pairs(why_refused) do redis.call('HINCRBY', keys.tally, 'refused:' .. why, count) end
tally_steps(keys.tally, 'issue_us', issue_steps, issue_us)
tally_steps(keys.tally, 'waited', wait_steps, wait_us)
count_steps(keys.meter, 'issue_us', issue_steps, now)
if longest > tonumber(redis.call('HGET', keys.tally, 'waited_longest_us') or 0) then
  redis.call('HSET', keys.tally, 'waited_longest_us', digits(longest))
end
if ARGV[2] ~= '' then
  redis.call('LPUSH', keys.reports, digits(now) .. ' ' .. ARGV[2] .. ' ' .. #members)
  redis.call('LTRIM', keys.reports, 0, REPORTS_MAX - 1)
end
return issued + refused
