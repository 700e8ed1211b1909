-- The meter of a rate limit.

local window = {}

local function newest(m)
  return (unpacked('>d', m.open[0], #m.open[0] - ENTRY + 1))
end

function window.load(m, head, now)
  if not head then
    return
  end
  local marks, at
  m.hi, m.lo, m.first, m.oldest, m.listed, marks, at = unpacked('>dddddd', head)
  m.stored = m.first
  local level = 0
  while marks > 0 do
    local above = floor((marks - 1) / FAN)
    local last = at + (marks - FAN * above) * ENTRY
    m.count[level], m.open[level] = marks, head:sub(at, last - 1)
    level, marks, at = level + 1, above, last
  end
  if newest(m) + m.span <= now then
    m.hi, m.lo, m.first = 0, 0, count(m, 0)
  elseif m.oldest + m.span <= now then
    m.first, m.oldest = walk(m, function(stamp, hi, lo)
      if stamp + m.span > now then
        return false
      end
      m.hi, m.lo = minus(m.hi, m.lo, hi, lo)
      return true
    end)
    if m.lost then
      m.hi, m.lo = 0, 0
      walk(m, function(_, hi, lo)
        m.hi, m.lo = plus(m.hi, m.lo, hi, lo)
        return true
      end)
    end
  end
end

-- Microseconds until no more is used than there is room for, where more is used now; -1 if that is never.
function window.wait(m, room, now)
  if room < 0 then
    return -1
  end
  local hi, lo = m.hi, m.lo
  local _, stamp = walk(m, function(_, gone_hi, gone_lo)
    local left_hi, left_lo = minus(hi, lo, gone_hi, gone_lo)
    if not exceeds(left_hi, left_lo, room) then
      return false
    end
    hi, lo = left_hi, left_lo
    return true
  end)
  return (stamp or newest(m)) + m.span - now
end

-- Charges, and returns the number and the stamp of the mark.
function window.charge(m, hi, lo, now)
  if m.first == count(m, 0) then
    if count(m, 1) > 0 then
      call('DEL', m.blocks)
    end
    m.first, m.stored, m.count, m.open, m.read = 0, 0, {}, {}, {}
  end
  local marks = count(m, 0)
  if marks > 0 and newest(m) >= now then
    -- Also where the clock stepped back: a stamp that is too late errs on the side of refusing.
    alter(m, marks - 1, plus, hi, lo)
  else
    -- Rounded up to the end of its grain, a power of two: it may leave late, never early.
    local stamp = now
    if marks - m.first >= m.exact then
      local grain = 1
      while grain * 2048 <= m.span do
        grain = grain * 2
      end
      stamp = now - now % grain + grain - 1
    end
    if marks == 0 then
      m.oldest = stamp
    end
    append(m, 0, stamp, hi, lo)
  end
  m.hi, m.lo = plus(m.hi, m.lo, hi, lo)
  m.changed = true
  return count(m, 0) - 1, newest(m)
end

-- Gives back what was charged under a mark. The stamp tells it from a mark that has its number since the meter began anew.
function window.refund(m, serial, stamp, units)
  if serial < m.first or serial >= count(m, 0) then
    return
  end
  local found, hi, lo = entry(m, 0, serial)
  if found ~= stamp then
    return
  end
  local back_hi, back_lo = wide(units)
  if exceeds(back_hi, back_lo, lo) and hi == 0 then
    back_hi, back_lo = 0, lo -- Redis has forgotten some of the charges
  end
  alter(m, serial, minus, back_hi, back_lo)
  m.hi, m.lo = minus(m.hi, m.lo, back_hi, back_lo)
  m.changed = true
end

-- Microseconds for which the meter means something.
function window.life(m, now)
  return newest(m) + m.span - now
end

function window.save(m, ttl)
  local from, to, level = m.stored, m.first, 0
  while count(m, level + 1) > 0 do
    from, to = floor(from / FAN), floor(to / FAN)
    for block = from, to - 1 do
      call('HDEL', m.blocks, field(level, block))
    end
    level = level + 1
  end
  local head = pack('>dddddd', m.hi, m.lo, m.first, m.oldest, m.listed, count(m, 0))
  call('SET', m.key, head .. table.concat(m.open, '', 0), 'PX', ttl)
  if count(m, 1) > 0 then
    call('PEXPIRE', m.blocks, ttl)
  end
end
