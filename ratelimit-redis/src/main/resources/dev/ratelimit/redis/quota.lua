-- The meter of a quota.

local quota = {}

function quota.load(m, head, time)
  if head then
    local to, hi, lo, listed = unpacked('>dddd', head)
    -- Also when the time is before its start: a period that began does not end because the clock steps back.
    if time < to then
      m.to, m.hi, m.lo, m.listed = to, hi, lo, listed
      return
    end
  end
  for i = 2, #m.bounds do
    if m.bounds[i - 1] <= time and time < m.bounds[i] then
      m.to = m.bounds[i]
    end
  end
end

function quota.wait(m, room, wall)
  if room < 0 or m.to >= ENDLESS then
    return -1
  end
  return m.to - wall
end

function quota.charge(m, hi, lo)
  m.hi, m.lo = plus(m.hi, m.lo, hi, lo)
  m.changed = true
  return m.to, 0
end

function quota.refund(m, to, _, units)
  if to ~= m.to then
    return
  end
  local hi, lo = wide(units)
  if m.hi == 0 and exceeds(hi, lo, m.lo) then
    hi, lo = 0, m.lo
  end
  m.hi, m.lo = minus(m.hi, m.lo, hi, lo)
  m.changed = true
end

function quota.life(m, wall)
  return m.to >= ENDLESS and math.huge or m.to - wall
end

function quota.save(m, ttl)
  local head = pack('>dddd', m.to, m.hi, m.lo, m.listed)
  if ttl == math.huge then
    call('SET', m.key, head)
  else
    call('SET', m.key, head, 'PX', ttl)
  end
end
