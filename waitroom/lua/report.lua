-- report: files the outcomes that Postgres has committed, and frees their seats.
--   KEYS[1] room (hash)      KEYS[2] admitted (zset)    KEYS[3] arrivals (hash)
--   KEYS[4] outcomes (hash)  KEYS[5] waiting (zset)     KEYS[6] meter (hash)
--   KEYS[7] tally (hash)
--   ARGV[1] used_count as committed; then member, outcome, member, outcome...
--           an outcome is 'i' and its text, or 'r' and the refusal's slug
--   returns how many outcomes are new
--
-- Reports may come twice and out of order. used_count only grows, so the larger one is the later
-- one; and what was once issued is never turned into a refusal by a report that comes late.
--@include clock
--@include meter

local now = now_us()
if redis.call('EXISTS', KEYS[1]) == 1 then
  local used = tonumber(redis.call('HGET', KEYS[1], 'used_count') or '0')
  redis.call('HSET', KEYS[1], 'used_count', digits(math.max(used, tonumber(ARGV[1]))))
end

local issued, refused = 0, 0

local function file(member, kind, text)
  local under_way = redis.call('HGET', KEYS[3], member)
  local before = redis.call('HGET', KEYS[4], member)
  local was_issued = before and string.sub(before, 1, 1) == 'i'
  -- A refusal that comes late must not cost the place of who has lined up again since.
  if kind == 'r' and (was_issued or not under_way) then return end
  local arrival = under_way or redis.call('ZSCORE', KEYS[5], member)
    or (before and string.match(before, '^.(%d+)')) or '0'
  redis.call('HSET', KEYS[4], member, kind .. digits(tonumber(arrival)) .. ' ' .. text)
  redis.call('HDEL', KEYS[3], member)
  redis.call('ZREM', KEYS[2], member)
  redis.call('ZREM', KEYS[5], member)
  if kind == 'r' then refused = refused + 1 elseif not was_issued then issued = issued + 1 end
end

for i = 2, #ARGV, 2 do
  file(ARGV[i], string.sub(ARGV[i + 1], 1, 1), string.sub(ARGV[i + 1], 2))
end

if issued > 0 then
  redis.call('HINCRBY', KEYS[7], 'issued', issued)
  count_on_meter(KEYS[6], 'issued', issued, now)
end
if refused > 0 then redis.call('HINCRBY', KEYS[7], 'refused', refused) end
return issued + refused
