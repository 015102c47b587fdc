import { createHash } from 'node:crypto';

/** A Lua script and the name under which Redis caches it. */
export interface RedisScript {
  readonly lua: string;
  readonly sha: string;
}

const script = (lua: string): RedisScript => ({ lua, sha: createHash('sha1').update(lua).digest('hex') });

/**
 * Counts one request in every window, or in none. A window's value is a row of doubles: how many admissions the
 * newest group has, then when each group began, in microseconds of Redis' clock, ascending.
 *
 * A call that comes later than its deadline counts nothing and answers only the time: a server that was paused
 * executes what its callers gave up on long ago. Time never runs backwards within a window; where the clock was set
 * back by more than the window, the window begins anew rather than closing for as long.
 *
 * KEYS: the windows. ARGV: deadline in microseconds (0: none), then limit, window in microseconds and grain of each.
 * Answers: the time, then for each window what remains (-1: refused) and the microseconds until there is more.
 */
export const CONSUME = script(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local answer = { now }
local deadline = tonumber(ARGV[1])
if deadline > 0 and now > deadline then return answer end
local logs, from, fills, admitted = redis.call('MGET', unpack(KEYS)), {}, {}, true
for i = 1, #KEYS do
  local limit, window, grain = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
  local log = logs[i] or ''
  if #log > 0 and struct.unpack('<d', log, #log - 7) > now + window then log = '' end
  local first, size = 9, #log
  while first < size and struct.unpack('<d', log, first) <= now - window do first = first + 8 end
  local count, wait, fill = 0, 0, grain
  if first < size then
    fill = struct.unpack('<d', log, 1)
    count = ((size - first + 1) / 8 - 1) * grain + fill
    wait = struct.unpack('<d', log, first) + window - now
  end
  if count >= limit then admitted = false end
  logs[i], from[i], fills[i] = log, first, fill
  answer[2 * i] = count < limit and limit - count or -1
  answer[2 * i + 1] = wait
end
if not admitted then return answer end
for i = 1, #KEYS do
  local window, grain = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
  local log, fill = logs[i], fills[i] + 1
  local starts = string.sub(log, from[i])
  if fill > grain then
    local newest = #starts > 0 and struct.unpack('<d', log, #log - 7) or 0
    starts, fill = starts .. struct.pack('<d', math.max(now, newest)), 1
  end
  redis.call('SET', KEYS[i], struct.pack('<d', fill) .. starts, 'PX', math.ceil(window / 1000))
  answer[2 * i] = answer[2 * i] - 1
  if answer[2 * i + 1] == 0 then answer[2 * i + 1] = window end
end
return answer
`);

/**
 * Takes one admission back. KEYS: windows that counted it. ARGV: the time that CONSUME answered, then each grain.
 * Where several share a timestamp they are the same to the window, so the newest group gives one up.
 */
export const REFUND = script(`
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
