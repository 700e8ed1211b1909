-- 40 The tree of a window's marks.
-- Reads: BASE, FAN, ENTRY, NEVER (10), sums (30).
-- Sets: count, field, load_block, store_block, entry, append, alter, walk. Each works on a meter `m`, as 70 makes it.

-- An entry is (stamp of its last mark, units, name). At level 0 it is a mark, with the name of the charge that began
-- it. At level n + 1 it is the sum of a block of 32 entries of level n. The head holds the last block of each level; a
-- hash holds all others as fields.

local function count(m, level)
  return m.count[level] or 0
end

local function field(level, block)
  return level .. ':' .. block
end

local function load_block(m, level, block)
  if block >= count(m, level + 1) then
    return m.open[level]
  end
  local name = field(level, block)
  m.read[name] = m.read[name] or call('HGET', m.blocks, name)
  return m.read[name]
end

local function store_block(m, level, block, bytes)
  local name = field(level, block)
  m.read[name], m.stored = bytes, true
  call('HSET', m.blocks, name, bytes)
end

local function entry(m, level, i)
  local bytes = load_block(m, level, floor(i / FAN))
  if not bytes then
    m.lost = true -- somebody deleted the block: its units count no more
    return NEVER, 0, 0, 0
  end
  return unpacked('<dddd', bytes, i % FAN * ENTRY + 1)
end

local function append(m, level, stamp, hi, lo, begun_by)
  local open = m.open[level] or ''
  -- A full block stays in the head until the next entry comes, so that the newest mark is always in the head.
  if #open == FAN * ENTRY then
    local block, sum_hi, sum_lo, last = count(m, level + 1), 0, 0, 0
    for at = 1, #open, ENTRY do
      local one_stamp, one_hi, one_lo = unpacked('<ddd', open, at)
      sum_hi, sum_lo = plus(sum_hi, sum_lo, one_hi, one_lo)
      last = one_stamp
    end
    -- A block whose marks have all expired is not stored: nothing would delete it.
    if (block + 1) * FAN ^ (level + 1) > m.first then
      store_block(m, level, block, open)
    end
    append(m, level + 1, last, sum_hi, sum_lo, 0)
    open = ''
  end
  m.open[level] = open .. pack('<dddd', stamp, hi, lo, begun_by)
  m.count[level] = count(m, level) + 1
end

-- Changes the units of a mark, and of every sum that contains it.
local function alter(m, serial, operation, hi, lo)
  local level, i = 0, serial
  while i < count(m, level) do
    local block, at = floor(i / FAN), i % FAN * ENTRY
    local bytes = load_block(m, level, block)
    if not bytes then
      return
    end
    local old_hi, old_lo = unpacked('<dd', bytes, at + 9)
    bytes = sub(bytes, 1, at + 8) .. pack('<dd', operation(old_hi, old_lo, hi, lo)) .. sub(bytes, at + 25)
    if block < count(m, level + 1) then
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
local function walk(m, passes)
  local serial = m.first
  while serial < count(m, 0) do
    local level, i = 0, serial
    while i % FAN == 0 and i / FAN < count(m, level + 1) do
      level, i = level + 1, i / FAN
    end
    local stamp, hi, lo = entry(m, level, i)
    local passed = passes(stamp, hi, lo)
    while not passed and level > 0 do
      level, i = level - 1, i * FAN
      stamp, hi, lo = entry(m, level, i)
      passed = passes(stamp, hi, lo)
    end
    if not passed then
      return serial, stamp
    end
    serial = (i + 1) * FAN ^ level
  end
  return serial
end
