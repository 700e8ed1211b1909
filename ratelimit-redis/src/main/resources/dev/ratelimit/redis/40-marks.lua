-- 40 The tree of a window's marks.
-- Reads: the request (10), sums and kinds (30).
-- Sets: if the request has windows, field, load_block, store_block, entry, append, alter, walk. Each works on a
-- meter `m`, as 70 makes it.

-- An entry is (stamp of its last mark, units, name). At level 0 it is a mark, with the name of the charge that began
-- it. At level n + 1 it is the sum of a block of 32 entries of level n. The head holds the last block of each level; a
-- hash holds all others as fields.

local field, load_block, store_block, entry, append, alter, walk

if has_windows then
  function field(level, block)
    return level .. ':' .. block
  end

  function load_block(m, level, block)
    if block >= (m.count[level + 1] or 0) then
      return m.open[level]
    end
    local name = field(level, block)
    m.read = m.read or {}
    m.read[name] = m.read[name] or call('HGET', m.blocks, name)
    return m.read[name]
  end

  function store_block(m, level, block, bytes)
    local name = field(level, block)
    m.read = m.read or {}
    m.read[name], m.stored = bytes, true
    call('HSET', m.blocks, name, bytes)
  end

  function entry(m, level, i)
    local bytes = load_block(m, level, floor(i / FAN))
    if not bytes then
      m.lost = true -- somebody deleted the block: its units count no more
      return NEVER, 0, 0, 0
    end
    return unpacked('<dddd', bytes, i % FAN * ENTRY + 1)
  end

  function append(m, level, stamp, hi, lo, begun_by)
    local open = m.open[level] or ''
    -- A full block stays in the head until the next entry comes, so that the newest mark is always in the head.
    if #open == FAN * ENTRY then
      local block, sum_hi, sum_lo, last = (m.count[level + 1] or 0), 0, 0, 0
      for at = 1, #open, ENTRY do
        local one_stamp, one_hi, one_lo = unpacked('<ddd', open, at)
        if one_hi == 0 and sum_lo + one_lo < BASE then
          sum_lo = sum_lo + one_lo
        else
          sum_hi, sum_lo = plus(sum_hi, sum_lo, one_hi, one_lo)
        end
        last = one_stamp
      end
      -- A block whose marks have all expired is not stored: nothing would delete it.
      if (block + 1) * FAN ^ (level + 1) > m.first then
        store_block(m, level, block, open)
      end
      append(m, level + 1, last, sum_hi, sum_lo, 0)
      open, m.place = '', nil
    end
    m.open[level] = open .. pack('<dddd', stamp, hi, lo, begun_by)
    m.count[level] = (m.count[level] or 0) + 1
    if level == 0 then
      m.newest, m.added = stamp, m.added + 1
    end
  end

  -- Changes the units of a mark, and of every sum that contains it.
  function alter(m, serial, operation, hi, lo)
    local level, i = 0, serial
    m.place = serial == m.count[0] - 1 and m.place or nil
    while i < (m.count[level] or 0) do
      local block, at = floor(i / FAN), i % FAN * ENTRY
      local bytes = load_block(m, level, block)
      if not bytes then
        return
      end
      local old_hi, old_lo = unpacked('<dd', bytes, at + 9)
      bytes = sub(bytes, 1, at + 8) .. pack('<dd', operation(old_hi, old_lo, hi, lo)) .. sub(bytes, at + 25)
      if block < (m.count[level + 1] or 0) then
        store_block(m, level, block, bytes)
      else
        m.open[level] = bytes
      end
      level, i = level + 1, block
    end
  end

  -- Walks from the first live mark on, by the largest sums that begin there, as long as `passes` accepts them. Returns
  -- the number and the stamp of the first mark that `passes` does not accept. The walk goes up the tree once and down
  -- once, by at most 32 entries a level each time.
  function walk(m, passes)
    local serial, marks = m.first, m.count[0]
    while serial < marks do
      local level, i, passed, stamp = 0, serial, true, nil
      while i % FAN == 0 and i / FAN < (m.count[level + 1] or 0) do
        level, i = level + 1, i / FAN
      end
      repeat
        if not passed then
          level, i, passed = level - 1, i * FAN, true
        end
        local block = floor(i / FAN)
        local bytes, entries = load_block(m, level, block), math.min((m.count[level] or 0) - FAN * block, FAN)
        m.lost = m.lost or not bytes -- somebody deleted the block: its units count no more
        for n = i % FAN, entries - 1 do
          local hi, lo = 0, 0
          if bytes then
            stamp, hi, lo = unpacked('<ddd', bytes, n * ENTRY + 1)
          end
          passed = passes(bytes and stamp or NEVER, hi, lo)
          if not passed then
            break
          end
          i = i + 1
        end
      until passed or level == 0
      local reached = i * FAN ^ level
      if not passed then
        return reached, stamp
      end
      if not (reached > serial) then
        error('the numbers of a window must be its own') -- somebody wrote others
      end
      serial = reached
    end
    return serial
  end
end
