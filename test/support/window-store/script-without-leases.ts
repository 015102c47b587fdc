/**
 * What a version without leases ran to count requests, unchanged: during an upgrade its instances share windows with new
 * ones.
 *
 * KEYS: the windows of all requests. ARGV: deadline in microseconds (0: none); by how much a test has moved the clock, in
 * microseconds; the plan, as of today; then for each rule the limit, the window in microseconds and the grain.
 * Returns the time, then for each window the remaining requests (-1: refused) and the microseconds until there are more.
 */
export const CONSUME_WITHOUT_LEASES = `
local call, read, write = redis.call, struct.unpack, struct.pack
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2] + ARGV[2]
local answer = { now }
local deadline = tonumber(ARGV[1])
if deadline > 0 and now > deadline then return answer end
local plan, limits, windows, grains = ARGV[3], {}, {}, {}
for rule = 1, (#ARGV - 3) / 3 do
  limits[rule], windows[rule], grains[rule] = tonumber(ARGV[3 * rule + 1]), tonumber(ARGV[3 * rule + 2]), tonumber(ARGV[3 * rule + 3])
end
local first, place = 1, 1
while first <= #KEYS do
  local last = first + string.byte(plan, place) - 1
  local logs, fills, groups, admitted = call('MGET', unpack(KEYS, first, last)), {}, {}, true
  for i = first, last do
    local rule = string.byte(plan, place + 1 + i - first)
    local limit, window, grain = limits[rule], windows[rule], grains[rule]
    local log = logs[i - first + 1] or ''
    local size, from = #log, 9
    if size > 0 and read('<d', log, size - 7) > now + window then size = 0 end
    while from < size and read('<d', log, from) <= now - window do from = from + 8 end
    local count, wait, fill = 0, 0, grain
    if from < size then
      fill = read('<d', log, 1)
      count = ((size - from + 1) / 8 - 1) * grain + fill
      wait = read('<d', log, from) + window - now
    end
    if count >= limit then admitted = false end
    fills[i], groups[i] = fill + 1, string.sub(log, from, size)
    answer[2 * i] = count < limit and limit - count or -1
    answer[2 * i + 1] = wait
  end
  if admitted then
    for i = first, last do
      local rule = string.byte(plan, place + 1 + i - first)
      local fill, held = fills[i], groups[i]
      if fill > grains[rule] then
        local newest = #held > 0 and read('<d', held, #held - 7) or 0
        held, fill = held .. write('<d', math.max(now, newest)), 1
      end
      call('SET', KEYS[i], write('<d', fill) .. held, 'PX', math.ceil(windows[rule] / 1000))
      answer[2 * i] = answer[2 * i] - 1
      if answer[2 * i + 1] == 0 then answer[2 * i + 1] = windows[rule] end
    end
  end
  first, place = last + 1, place + 2 + last - first
end
return answer
`;
