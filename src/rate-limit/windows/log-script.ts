import { SETTLE_MS } from './lease.js';

/**
 * Lua functions about the value of a window, shared by the scripts. It is a sequence of doubles: the number of admissions
 * in the newest group; the start of each group in microseconds of Redis' clock, ascending; then each lease: the moment until
 * which its permits may be spent, ascending, once for each group that they would fill, and their number, negated. The sign
 * tells the two parts apart.
 *
 * An instance of a version without leases takes each double for a group, so it counts at least the permits. Once it has
 * appended a group, the leases before that group are groups to everybody, and cannot be settled any more.
 */
export const LOG_FUNCTIONS = `
local call, read, write, sub = redis.call, struct.unpack, struct.pack, string.sub

-- Returns where the groups end and the leases begin.
local function end_of_groups(log, grain)
  local last = #log
  while last > 8 do
    local permits = -read('<d', log, last - 7)
    if permits < 0 then break end
    last = last - 8 * (math.ceil(permits / grain) + 1)
  end
  return last
end

local function lease(moment, permits, grain)
  return string.rep(write('<d', moment), math.ceil(permits / grain)) .. write('<d', -permits)
end

-- Returns what counts at this time: the admissions and permits, the microseconds until the first of them leave (0: none
-- counts), the fill of the newest group, the groups, and the leases.
local function counted(log, now, window, grain)
  local size, from, count, fill, oldest = #log, 9, 0, 0, nil
  local last = size > 8 and end_of_groups(log, grain) or size
  if last > 8 then
    if read('<d', log, last - 7) > now + window then from = last + 1 end
    while from < last do
      oldest = read('<d', log, from)
      if oldest > now - window then break end
      from = from + 8
    end
    if from < last then
      fill = read('<d', log, 1)
      count = ((last - from + 1) / 8 - 1) * grain + fill
    else oldest = nil end
  end
  local groups, leases = sub(log, from, last), ''
  if last < size and read('<d', log, size - 15) <= now + window then
    local at = last + 1
    while at < size and read('<d', log, at) <= now - window do at = at + 8 end
    if at < size then
      local moment = read('<d', log, at)
      if not oldest or moment < oldest then oldest = moment end
      leases = sub(log, at)
      for next = at, size, 8 do count = count - math.min(0, read('<d', log, next)) end
    end
  end
  return count, oldest and oldest + window - now or 0, fill, groups, leases
end

-- Returns the microseconds until a full window may have room. If only permits that may come back keep it full, that is when
-- the first of their leases is settled, unless something leaves before. A lease that was not settled in time is lost.
local function until_room(count, limit, leases, now, wait)
  local settled, current = nil, false
  for at = 1, #leases, 8 do
    local value = read('<d', leases, at)
    if value > 0 then
      current = value + ${SETTLE_MS * 1000} > now
      if current and not settled then settled = value + ${SETTLE_MS * 1000} - now end
    elseif current then count = count + value end
  end
  return settled and count < limit and math.min(wait, settled) or wait
end

-- Adds admissions of this time. Returns the fill of the newest group, and the groups.
local function added(fill, groups, count, now, grain)
  while count > 0 do
    if groups == '' or fill >= grain then
      local newest = groups ~= '' and read('<d', groups, #groups - 7) or 0
      groups, fill = groups .. write('<d', math.max(now, newest)), 0
    end
    local joining = grain - fill
    if joining > count then joining = count end
    fill, count = fill + joining, count - joining
  end
  return fill, groups
end

-- Stores a window until the last of its admissions and permits has left.
local function store(key, fill, groups, leases, now, window)
  local lifetime = window
  if leases ~= '' then lifetime = math.max(window, read('<d', leases, #leases - 15) + window - now) end
  call('SET', key, write('<d', fill) .. groups .. leases, 'PX', math.ceil(lifetime / 1000))
end
`;
