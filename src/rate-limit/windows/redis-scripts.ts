import { redisScript } from '../../platform/redis/redis-script.js';
import { LOG_FUNCTIONS } from './log-script.js';

/**
 * Counts requests in order, each in all of its windows or in none.
 *
 * A call that arrives after its deadline counts nothing and returns only the time: a server that was paused executes
 * commands that its callers gave up on long ago. Time never runs backwards within a window. If the clock is set back by
 * more than the window, the window starts again; otherwise it would stay closed for that long.
 *
 * A rule with permits asks for a lease: that many more admissions are counted in the same step, as if they all happened at
 * the end of the term, the last moment at which the caller may spend them. None is granted that would make the window
 * more than half full. The ends of a window's leases differ, so that {@link SETTLE} finds the right one.
 *
 * KEYS: the windows of all requests. ARGV: deadline in microseconds (0: none); by how much a test has moved the clock, in
 * microseconds; the plan, for each request a byte with the number of its windows and a byte with the rule of each; then the
 * rules, numbered from 1: limit, window in microseconds, grain, permits (0: no lease), term in microseconds. Arguments are
 * few and short because passing one costs both client and server more than the counting does.
 * Returns the time, then for each window the remaining requests (-1: refused) and the microseconds until there are more,
 * then for each lease the number of its window, from 1, and its end.
 */
export const CONSUME = redisScript(`${LOG_FUNCTIONS}
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2] + ARGV[2]
local answer = { now }
local deadline = tonumber(ARGV[1])
if deadline > 0 and now > deadline then return answer end
local plan, limits, windows, grains, permits, terms = ARGV[3], {}, {}, {}, {}, {}
for rule = 1, (#ARGV - 3) / 5 do
  local at = 5 * rule - 2
  limits[rule], windows[rule], grains[rule] = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  permits[rule], terms[rule] = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
end
local granted, first, place = {}, 1, 1
while first <= #KEYS do
  local last = first + string.byte(plan, place) - 1
  local logs, counts, fills, groups, leases, admitted = call('MGET', unpack(KEYS, first, last)), {}, {}, {}, {}, true
  for i = first, last do
    local rule, wait = string.byte(plan, place + 1 + i - first), 0
    counts[i], wait, fills[i], groups[i], leases[i] = counted(logs[i - first + 1] or '', now, windows[rule], grains[rule])
    local left = limits[rule] - counts[i]
    if left <= 0 then
      left, admitted = -1, false
      wait = until_room(counts[i], limits[rule], leases[i], now, wait)
    end
    answer[2 * i], answer[2 * i + 1] = left, wait
  end
  if admitted then
    for i = first, last do
      local rule, leased = string.byte(plan, place + 1 + i - first), leases[i]
      local fill, held = added(fills[i], groups[i], 1, now, grains[rule])
      answer[2 * i] = answer[2 * i] - 1
      if answer[2 * i + 1] == 0 then answer[2 * i + 1] = windows[rule] end
      if permits[rule] > 0 and counts[i] + 1 + permits[rule] <= limits[rule] / 2 then
        local newest = leased ~= '' and read('<d', leased, #leased - 15) or 0
        local moment = math.ceil(math.max(now + terms[rule], newest + 1))
        leased = leased .. lease(moment, permits[rule], grains[rule])
        answer[2 * i] = answer[2 * i] - permits[rule]
        granted[#granted + 1], granted[#granted + 2] = i, moment
      end
      store(KEYS[i], fill, held, leased, now, windows[rule])
    end
  end
  first, place = last + 1, place + 2 + last - first
end
for i = 1, #granted do answer[2 * #KEYS + 1 + i] = granted[i] end
return answer
`);

/**
 * Takes one admission back, unless it has left the window: then all others are newer. KEYS: windows that counted it. ARGV:
 * the time that CONSUME returned, then each grain. Admissions that share a timestamp are indistinguishable to the window,
 * so the newest group loses one.
 */
export const REFUND = redisScript(`${LOG_FUNCTIONS}
local admitted = tonumber(ARGV[1])
for i = 1, #KEYS do
  local grain = tonumber(ARGV[i + 1])
  local log = call('GET', KEYS[i]) or ''
  local last = end_of_groups(log, grain)
  if last >= 16 and read('<d', log, 9) <= admitted then
    local fill, at = read('<d', log, 1) - 1, last - 7
    if fill == 0 then
      while grain == 1 and read('<d', log, at) > admitted do at = at - 8 end
      log, fill = sub(log, 1, at - 1) .. sub(log, at + 8), grain
    end
    if #log < 16 then call('DEL', KEYS[i])
    else call('SET', KEYS[i], write('<d', fill) .. sub(log, 9), 'KEEPTTL') end
  end
end
return 1
`);

/**
 * Replaces leases by the admissions that they were spent on, which are counted as if they happened now. They happened
 * before, so that they stay in the window longer than they must, never shorter. Does nothing about a lease that the
 * window does not have: the data of the server was lost, or an instance without leases has appended a group.
 *
 * KEYS: the window of each lease. ARGV: by how much a test has moved the clock, in microseconds; then for each lease its end
 * as CONSUME returned it, the permits spent, the window in microseconds, the grain.
 */
export const SETTLE = redisScript(`${LOG_FUNCTIONS}
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2] + ARGV[1]
for i = 1, #KEYS do
  local moment, spent = tonumber(ARGV[4 * i - 2]), tonumber(ARGV[4 * i - 1])
  local window, grain = tonumber(ARGV[4 * i]), tonumber(ARGV[4 * i + 1])
  local log = call('GET', KEYS[i]) or ''
  local at = end_of_groups(log, grain) + 1
  while at < #log and read('<d', log, at) ~= moment do at = at + 8 end
  if at < #log then
    local last = at
    while read('<d', log, last) > 0 do last = last + 8 end
    log = sub(log, 1, at - 1) .. sub(log, last + 8)
    local _, _, fill, groups, leases = counted(log, now, window, grain)
    fill, groups = added(fill, groups, spent, now, grain)
    if groups == '' and leases == '' then call('DEL', KEYS[i])
    else store(KEYS[i], fill, groups, leases, now, window) end
  end
end
return 1
`);
