-- wrk.lua: each request with the next token of a file; the figures as one line of JSON at the end.
--   arguments after `--`: method, the tokens' file ('': none), 'once' to fall silent after the last,
--     the requests a second that all connections make at most (0: as many as they can), the header up
--     to the token, and whole header lines that all requests have
--   a line of the file is a token, or a token, a tab, and the address to be taken for

local requests = {}
local next_one = 0
local once = false
local every_us = 0

function init(args)
  local method, file = args[1] or 'GET', args[2] or ''
  once = args[3] == 'once'
  local per_s = tonumber(args[4] or 0)
  if per_s > 0 then
    every_us = 1e6 / per_s
    delay = pause
  end
  local credential, headers = args[5] or 'Authorization: Bearer ', args[6] or ''
  local head = string.sub(wrk.format(method), 1, -3) .. headers
  if file == '' then
    requests[1] = head .. '\r\n'
    return
  end
  -- Whole requests are made now, so that a request costs the generator next to nothing.
  for line in io.lines(file) do
    local token, address = string.match(line, '^([^\t]+)\t?(%S*)$')
    local from = address == '' and '' or 'X-Forwarded-For: ' .. address .. '\r\n'
    requests[#requests + 1] = head .. credential .. token .. '\r\n' .. from .. '\r\n'
  end
end

-- wrk tells its scripts no time.
local ffi = require('ffi')
ffi.cdef('typedef struct { long s; long us; } moment; int gettimeofday(moment *, void *);')
local moment = ffi.new('moment')

-- Milliseconds before the next request of whichever connection asks: evenly, on all together.
local next_us = 0
function pause()
  ffi.C.gettimeofday(moment, nil)
  local now_us = tonumber(moment.s) * 1e6 + tonumber(moment.us)
  next_us = math.max(next_us + every_us, now_us - 1e5)
  return math.max(0, math.floor((next_us - now_us) / 1000))
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
      .. '"p99_ms": %.3f, "errors": %d, "mean_bytes": %.1f}',
    summary.requests, seconds, summary.requests / seconds, latency.mean / 1e3,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    summary.bytes / math.max(1, summary.requests)))
end
