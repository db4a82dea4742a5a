-- wrk.lua: each request with the next token of a file; the figures as one line of JSON at the end.
--   arguments after `--`: method, the tokens' file ('': none), 'once' to fall silent after the last

local requests = {}
local next_one = 0
local once = false

function init(args)
  local method, file = args[1] or 'GET', args[2] or ''
  once = args[3] == 'once'
  local plain = wrk.format(method)
  if file == '' then
    requests[1] = plain
    return
  end
  -- Whole requests are made now, so that a request costs the generator next to nothing.
  local head = string.sub(plain, 1, -3)
  for token in io.lines(file) do
    requests[#requests + 1] = head .. 'Authorization: Bearer ' .. token .. '\r\n\r\n'
  end
end

function request()
  if once and next_one == #requests then wrk.thread:stop() end
  next_one = next_one % #requests + 1
  return requests[next_one]
end

function done(summary, latency)
  local errors = summary.errors
  local seconds = summary.duration / 1e6
  print(string.format(
    '{"answered": %d, "seconds": %.3f, "per_s": %.1f, "mean_ms": %.3f, "p50_ms": %.3f, '
      .. '"p99_ms": %.3f, "errors": %d}',
    summary.requests, seconds, summary.requests / seconds, latency.mean / 1e3,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
