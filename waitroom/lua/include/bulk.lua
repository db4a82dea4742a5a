-- bulk: one call for many members. Of a script's time most goes into calls, not into what they do.

-- Lua can't unpack many thousands at once.
local MANY = 1000

-- Calls `command key` with all of these, some at a time; they are given in groups of one or two.
local function call_with(command, key, these)
  for first = 1, #these, MANY do
    redis.call(command, key, unpack(these, first, math.min(first + MANY - 1, #these)))
  end
end

-- The answers of `command key` to all of these, in their order.
local function ask_about(command, key, these)
  local answers = {}
  for first = 1, #these, MANY do
    local some = redis.call(command, key, unpack(these, first, math.min(first + MANY - 1, #these)))
    for i = 1, #some do answers[first + i - 1] = some[i] end
  end
  return answers
end

-- The same for a hash and those of them whose numbers are given, by their numbers.
local function fields_of(key, these, numbers)
  local some, found = {}, {}
  for n = 1, #numbers do some[n] = these[numbers[n]] end
  local answers = ask_about('HMGET', key, some)
  for n = 1, #numbers do found[numbers[n]] = answers[n] end
  return found
end
