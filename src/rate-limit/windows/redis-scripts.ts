import { redisScript } from '../../platform/redis/redis-script.js';

/**
 * Counts requests one after the other, each in all of its windows or in none. A window's value is a row of doubles: how
 * many admissions the newest group has, then when each group began, in microseconds of Redis' clock, ascending.
 *
 * A call that comes later than its deadline counts nothing and answers only the time: a server that was paused
 * executes what its callers gave up on long ago. Time never runs backwards within a window; where the clock was set
 * back by more than the window, the window begins anew rather than closing for as long.
 *
 * KEYS: the windows of all requests. ARGV: deadline in microseconds (0: none), then of each request how many windows
 * it has, and limit, window in microseconds and grain of each.
 * Answers: the time, then for each window what remains (-1: refused) and the microseconds until there is more.
 */
export const CONSUME = redisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local answer = { now }
local deadline = tonumber(ARGV[1])
if deadline > 0 and now > deadline then return answer end
local first, argument = 1, 2
while first <= #KEYS do
  local last = first + tonumber(ARGV[argument]) - 1
  local logs, windows, admitted = redis.call('MGET', unpack(KEYS, first, last)), {}, true
  for i = first, last do
    local limit, window, grain = tonumber(ARGV[argument + 1]), tonumber(ARGV[argument + 2]), tonumber(ARGV[argument + 3])
    argument = argument + 3
    local log = logs[i - first + 1] or ''
    if #log > 0 and struct.unpack('<d', log, #log - 7) > now + window then log = '' end
    local from, size = 9, #log
    while from < size and struct.unpack('<d', log, from) <= now - window do from = from + 8 end
    local count, wait, fill = 0, 0, grain
    if from < size then
      fill = struct.unpack('<d', log, 1)
      count = ((size - from + 1) / 8 - 1) * grain + fill
      wait = struct.unpack('<d', log, from) + window - now
    end
    if count >= limit then admitted = false end
    windows[i] = { log = log, from = from, fill = fill, window = window, grain = grain }
    answer[2 * i] = count < limit and limit - count or -1
    answer[2 * i + 1] = wait
  end
  if admitted then
    for i = first, last do
      local held = windows[i]
      local log, fill, starts = held.log, held.fill + 1, string.sub(held.log, held.from)
      if fill > held.grain then
        local newest = #starts > 0 and struct.unpack('<d', log, #log - 7) or 0
        starts, fill = starts .. struct.pack('<d', math.max(now, newest)), 1
      end
      redis.call('SET', KEYS[i], struct.pack('<d', fill) .. starts, 'PX', math.ceil(held.window / 1000))
      answer[2 * i] = answer[2 * i] - 1
      if answer[2 * i + 1] == 0 then answer[2 * i + 1] = held.window end
    end
  end
  first, argument = last + 1, argument + 1
end
return answer
`);

/**
 * Takes one admission back. KEYS: windows that counted it. ARGV: the time that CONSUME answered, then each grain.
 * Where several share a timestamp they are the same to the window, so the newest group gives one up.
 */
export const REFUND = redisScript(`
for i = 1, #KEYS do
  local grain = tonumber(ARGV[i + 1])
  local log = redis.call('GET', KEYS[i]) or ''
  if #log >= 16 then
    local fill, at = struct.unpack('<d', log, 1) - 1, #log - 7
    if fill == 0 then
      while grain == 1 and at > 9 and struct.unpack('<d', log, at) > tonumber(ARGV[1]) do at = at - 8 end
      log, fill = string.sub(log, 1, at - 1) .. string.sub(log, at + 8), grain
    end
    if #log < 16 then redis.call('DEL', KEYS[i])
    else redis.call('SET', KEYS[i], struct.pack('<d', fill) .. string.sub(log, 9), 'KEEPTTL') end
  end
end
return 1
`);
