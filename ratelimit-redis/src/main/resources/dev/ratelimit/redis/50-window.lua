-- 50 The meter of a rate limit.
-- Reads: the request (10), sums and kinds (30), the tree of marks (40).
-- Sets: window, the functions of a meter of this kind; none if the request has no window.

-- With all names at once, as all tables here: a table that grows name by name is allocated several times.
local window = has_windows and {
  load = nil, exceeds = nil, wait = nil, next = nil, charge = nil, refund = nil, begun_by = nil, place_at = nil,
  life = nil, head = nil,
}

if has_windows then
  -- Forgets the marks from a number on. If no mark is left, all count as expired: the next charge begins anew.
  local function cut(m, marks)
    local open, counts, level = {}, {}, 0
    local kept = marks > m.first
    while kept and marks > 0 do
      local block = floor((marks - 1) / FAN)
      kept = load_block(m, level, block)
      open[level], counts[level] = kept and sub(kept, 1, (marks - FAN * block) * ENTRY), marks
      level, marks = level + 1, block
    end
    if kept then
      if not counts[1] and m.count[1] then
        call('DEL', m.blocks)
      end
      m.open, m.count, m.newest, m.place = open, counts, unpacked('<d', open[0], #open[0] - ENTRY + 1), nil
    else
      m.first = m.count[0]
    end
    return kept
  end

  -- What a wrong clock charged too far ahead of now counts as charged now.
  local function put_right(m)
    local hi, lo = 0, 0
    local serial = walk(m, function(stamp, mark_hi, mark_lo)
      if stamp - now > AHEAD + m.grain then
        return false
      end
      hi, lo = plus(hi, lo, mark_hi, mark_lo)
      return true
    end)
    if not cut(m, serial) then
      hi, lo = 0, 0
    end
    local ahead_hi, ahead_lo = minus(m.hi, m.lo, hi, lo)
    m.hi, m.lo, m.listed = hi, lo, NEVER
    window.charge(m, ahead_hi, ahead_lo, now, 0)
  end

  function window.load(m, head)
    if not head then
      return
    end
    local level, last, marks, _ = 0, #head - STATE, nil, nil
    m.newest, _, _, _, m.hi, m.lo, m.first, m.oldest, m.listed, m.kept, marks =
      unpacked('<ddddddddddd', head, last - ENTRY + 1)
    -- Loops go by these numbers, and somebody may have written others.
    if not (0 <= m.first and m.first <= marks and marks < BASE and marks % 1 == 0) then
      error('the numbers of a window must be its own')
    end
    m.dropped, m.place = m.first, last - ENTRY
    while marks > 0 do
      local above = floor((marks - 1) / FAN)
      local before = last - (marks - FAN * above) * ENTRY
      m.count[level], m.open[level] = marks, sub(head, before + 1, last)
      level, marks, last = level + 1, above, before
    end
    if m.newest - now > AHEAD + m.grain then
      put_right(m)
    end
    if m.newest + m.span <= now then
      m.hi, m.lo, m.first = 0, 0, m.count[0]
    elseif m.oldest + m.span <= now then
      local hi, lo, latest_gone = m.hi, m.lo, now - m.span
      m.first, m.oldest = walk(m, function(stamp, gone_hi, gone_lo)
        if stamp > latest_gone then
          return false
        end
        hi, lo = minus(hi, lo, gone_hi, gone_lo)
        return true
      end)
      m.hi, m.lo = hi, lo
      if m.lost then
        m.hi, m.lo = 0, 0
        walk(m, function(_, hi, lo)
          m.hi, m.lo = plus(m.hi, m.lo, hi, lo)
          return true
        end)
      end
    end
  end

  -- Tells whether more than the room is used.
  function window.exceeds(m, room)
    return exceeds(m.hi, m.lo, room)
  end

  -- Returns the microseconds until no more than the room is used, where more is used now; -1 if waiting does not help.
  function window.wait(m, room)
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
    return (stamp or m.newest) + m.span - now
  end

  -- Microseconds until some of what is used counts no more, where something is used.
  function window.next(m)
    local _, stamp = walk(m, function(_, hi, lo)
      return hi == 0 and lo == 0
    end)
    return (stamp or m.newest) + m.span - now
  end

  -- Charges, and returns the number and the stamp of the mark. A new mark bears the name of the charge.
  function window.charge(m, hi, lo, at_time, begun_by)
    if m.first == m.count[0] then
      if m.count[1] then
        call('DEL', m.blocks)
      end
      m.first, m.dropped, m.count, m.open, m.read, m.place = 0, 0, {[0] = 0}, {}, false, nil
    end
    local marks = m.count[0]
    if marks > 0 and m.newest >= at_time then
      -- Also where the clock stepped back: a stamp that is too late errs by refusing.
      alter(m, marks - 1, plus, hi, lo)
    else
      local stamp = at_time
      if marks - m.first >= m.exact then
        stamp = at_time - at_time % m.grain + m.grain - 1 -- the end of the grain: the mark leaves late, never early
      end
      if marks == 0 then
        m.oldest = stamp
      end
      append(m, 0, stamp, hi, lo, begun_by)
    end
    m.hi, m.lo = plus(m.hi, m.lo, hi, lo)
    m.changed = true
    return m.count[0] - 1, m.newest
  end

  if operation == SETTLE then
    -- Gives back what was charged under a mark. The stamp tells the mark from one that got its number since the meter
    -- began anew.
    function window.refund(m, serial, stamp, units)
      if serial < m.first or serial >= m.count[0] then
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
  end

  if again then
    -- Returns the stamp of the mark that the charge of a name began, if there is such a mark that is no older than a
    -- receipt may be.
    function window.begun_by(m, charge)
      if m.exact == 0 or m.span < kept_for or m.units == 0 then
        return -- such a charge leaves no mark, or a mark that does not tell its time
      end
      for serial = m.count[0] - 1, m.first, -1 do
        local stamp, _, _, found = entry(m, 0, serial)
        if found == charge or stamp + kept_for < now then
          return found == charge and stamp
        end
      end
    end

    -- Returns the place of a charge that was made at a time: the first mark that is not earlier.
    function window.place_at(m, at_time)
      local first, second = -1, 0
      for serial = m.count[0] - 1, m.first, -1 do
        local stamp = entry(m, 0, serial)
        if stamp < at_time then
          break
        end
        first, second = serial, stamp
      end
      return first, second
    end
  end

  -- Returns the microseconds for which something in the meter counts.
  function window.life(m)
    return m.newest + m.span - now
  end

  -- Deletes the blocks that have expired. Returns the head as a text; or the end of it and the place of that end, where
  -- only the newest marks and the state have changed: a long text costs Lua much time.
  function window.head(m)
    local from, to, level = m.dropped, m.first, 0
    while m.count[level + 1] do
      from, to = floor(from / FAN), floor(to / FAN)
      for block = from, to - 1 do
        call('HDEL', m.blocks, field(level, block))
      end
      level = level + 1
    end
    local text = m.place and sub(m.open[0], -ENTRY * (1 + m.added)) or m.open[0]
    local place = m.place and m.place + ENTRY * m.added or #text - ENTRY
    for above = 1, m.place and 0 or #m.open do
      text, place = m.open[above] .. text, place + #m.open[above]
    end
    return text .. pack('<dddddddd', m.hi, m.lo, m.first, m.oldest, m.listed, m.kept, m.count[0], place), m.place
  end
end
