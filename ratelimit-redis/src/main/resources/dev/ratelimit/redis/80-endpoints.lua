-- 80 Which meters an endpoint has, and what they hold.
-- Reads: the request (10), the meters (70).
-- Sets: loaded meters; put_right_any, whether a meter changed because a wrong clock had charged it.
-- Answers: an endpoint that must share the overflow's meters.

local function is_listed(listed)
  local ends = call('ZSCORE', names, listed)
  return ends and tonumber(ends) > now
end

-- Beyond most_names, new names share the meters of OVERFLOW. Once one name does, all new names do until those meters
-- are idle. Otherwise a name that was charged there could later be charged to meters of its own as well.
local function must_share()
  local written = tonumber(call('ZSCORE', names, WRITTEN) or NEVER)
  if written - now > AHEAD then
    -- What a wrong clock has listed is moved back by as much as the clock was put back.
    local entries = call('ZRANGE', names, written, '(inf', 'BYSCORE', 'WITHSCORES')
    for n = 1, #entries, 2 do
      call('ZADD', names, entries[n + 1] - (written - now), entries[n])
    end
    written = now
  end
  local listed_names = call('ZCOUNT', names, now, '+inf') - (written < now and 0 or 1)
  return not is_listed(endpoint) and (is_listed(OVERFLOW) or listed_names >= most_names)
end

local has_its_own, put_right_any = most_names < 0, false

-- In pieces: Lua's stack bounds the arguments of a call, and a status may ask for any number of meters.
for from = 1, meter_count, 100 do
  local heads = call('MGET', unpack(KEYS, from + 2, math.min(from + 99, meter_count) + 2))
  for n, head in ipairs(heads) do
    local m = meters[from + n - 1]
    m.kind.load(m, head)
    has_its_own = has_its_own or (m.own and m.listed > now)
    put_right_any = put_right_any or m.changed
  end
end

if not has_its_own and must_share() then
  return pack('<dd', -2, time)
end
