-- 60 The meter of a quota.
-- Reads: the request (10), sums and kinds (30).
-- Sets: quota, the functions of a meter of this kind, the same as those of a window (50).

local quota = has_quotas and {
  load = nil, exceeds = nil, wait = nil, next = nil, charge = nil, refund = nil, begun_by = nil, place_at = nil,
  life = nil, head = nil, period_of = nil,
}

if has_quotas then
  -- Returns the end and the start of the period that contains a time, if the request states its bounds.
  function quota.period_of(m, at_time)
    for n = 2, #m.bounds do
      if m.bounds[n - 1] <= at_time and at_time < m.bounds[n] then
        return m.bounds[n], m.bounds[n - 1]
      end
    end
  end
  function quota.load(m, head)
    local to, hi, lo, listed, kept, from, begun, granted = NEVER
    if head then
      to, hi, lo, listed, kept, from, begun, granted = unpacked('<dddddddd', head)
    end
    if time >= to then
      m.to, m.from = quota.period_of(m, time)
      m.begun = name
    elseif from - time <= AHEAD or not m.bounds[1] then
      -- Also when the time is before the start: a period that has begun does not end because the clock steps back.
      m.to, m.hi, m.lo, m.listed, m.kept, m.from = to, hi, lo, listed, kept, from
      m.begun, m.granted = begun, granted
    else
      -- The period began by a wrong clock, which has been put right: what it holds counts now.
      m.to, m.from = quota.period_of(m, time)
      m.hi, m.lo, m.kept, m.changed, m.begun, m.granted = hi, lo, kept, true, begun, granted
    end
  end

  function quota.begun_by() end

  function quota.place_at(m, made)
    -- The period that was current at that time, which is one of windows.
    return quota.period_of(m, max(latest, made + wall - now)) or -1, m.begun
  end

  -- Tells whether more than the room, and what is granted, is used.
  function quota.exceeds(m, room)
    local hi, lo = m.hi, m.lo
    if m.granted > 0 then
      local granted_hi, granted_lo = wide(m.granted)
      hi, lo = minus(hi, lo, granted_hi, granted_lo)
    end
    if hi < 0 then
      return lo - BASE > room
    end
    return exceeds(hi, lo, room)
  end

  function quota.wait(m, room)
    if room < 0 or m.to >= ENDLESS then
      return -1
    end
    return m.to - wall
  end

  function quota.next(m)
    return quota.wait(m, 0)
  end

  function quota.charge(m, hi, lo)
    m.hi, m.lo = plus(m.hi, m.lo, hi, lo)
    m.changed = true
    return m.to, m.begun
  end

  function quota.refund(m, to, begun, units)
    if to ~= m.to or begun ~= m.begun then
      return
    end
    local hi, lo = wide(units)
    if m.hi == 0 and exceeds(hi, lo, m.lo) then
      hi, lo = 0, m.lo
    end
    m.hi, m.lo = minus(m.hi, m.lo, hi, lo)
    m.changed = true
  end

  function quota.life(m)
    return m.to >= ENDLESS and math.huge or m.to - wall
  end

  function quota.head(m)
    return pack('<dddddddd', m.to, m.hi, m.lo, m.listed, m.kept, m.from, m.begun, m.granted)
  end
end
