-- mark_saved: notes that Postgres has these spent tickets, unless they have changed since.
--   KEYS[1] spent_unsaved (zset: member, since when in us)
--   ARGV    member, since when in us, member, since when in us...
--   returns how many are saved

local saved = 0
for i = 1, #ARGV, 2 do
  if redis.call('ZSCORE', keys.spent_unsaved, ARGV[i]) == ARGV[i + 1] then
    saved = saved + redis.call('ZREM', keys.spent_unsaved, ARGV[i])
  end
end
return saved
