-- bulk: one Redis call for many members, as a script spends most of its time on the calls themselves.

-- Lua can't unpack many thousands of values at once.
local MANY = 1000

-- Calls `command key` with all of these, in parts; the values come in groups of one or two.
local function call_with(command, key, these)
  for first = 1, #these, MANY do
    redis.call(command, key, unpack(these, first, math.min(first + MANY - 1, #these)))
  end
end

-- Returns the replies of `command key` to all of these, in their order.
local function ask_about(command, key, these)
  local answers = {}
  for first = 1, #these, MANY do
    local some = redis.call(command, key, unpack(these, first, math.min(first + MANY - 1, #these)))
    for i = 1, #some do answers[first + i - 1] = some[i] end
  end
  return answers
end

-- Returns the hash's fields for those of these at the given indexes, by index.
local function fields_of(key, these, numbers)
  local some, found = {}, {}
  for n = 1, #numbers do some[n] = these[numbers[n]] end
  local answers = ask_about('HMGET', key, some)
  for n = 1, #numbers do found[numbers[n]] = answers[n] end
  return found
end
