-- Numbers, and the tree that a window keeps its marks in.

local MOST_HI = 256 -- an overrun stops at 256 * 2^53 = 2^61 units
local SHARED = '%o' -- stands for the endpoints that are too many

local floor, ceil, max, sub = math.floor, math.ceil, math.max, string.sub

-- Sums of units exceed 2^53 when a limit is overrun, so they are pairs: hi * 2^53 + lo, 0 <= lo < 2^53. No step leaves the exact range.

local function wide(units)
  return floor(units / BASE), units % BASE
end

local function plus(ahi, alo, bhi, blo)
  local lo = alo - (BASE - blo)
  if lo >= 0 then
    return ahi + bhi + 1, lo
  end
  return ahi + bhi, alo + blo
end

local function minus(ahi, alo, bhi, blo)
  local lo = alo - blo
  if lo < 0 then
    return ahi - bhi - 1, lo + BASE
  end
  return ahi - bhi, lo
end

local function exceeds(hi, lo, room)
  if hi == 1 and lo == 0 then
    return room < BASE
  end
  return hi > 0 or lo > room
end

-- The tree of a window's marks. An entry is (stamp of its last mark, units, name); at level 0 it is a mark, with the name of the charge
-- that began it, at level n + 1 the sum of a block of 32 entries of level n. The last block of each level is in the head, all others are
-- fields of a hash.

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
    m.lost = true -- somebody deleted it: what is lost counts no more
    return -ENDLESS, 0, 0, 0
  end
  return unpacked('<dddd', bytes, i % FAN * ENTRY + 1)
end

local function append(m, level, stamp, hi, lo, begun_by)
  local open = m.open[level] or ''
  -- A full block stays in the head until the next entry comes, so that the newest mark is always there.
  if #open == FAN * ENTRY then
    local block, sum_hi, sum_lo, last = count(m, level + 1), 0, 0, 0
    for at = 1, #open, ENTRY do
      local one_stamp, one_hi, one_lo = unpacked('<ddd', open, at)
      sum_hi, sum_lo = plus(sum_hi, sum_lo, one_hi, one_lo)
      last = one_stamp
    end
    -- One whose marks have all expired would never be deleted.
    if (block + 1) * FAN ^ (level + 1) > m.first then
      store_block(m, level, block, open)
    end
    append(m, level + 1, last, sum_hi, sum_lo, 0)
    open = ''
  end
  m.open[level] = open .. pack('<dddd', stamp, hi, lo, begun_by)
  m.count[level] = count(m, level) + 1
end

-- Changes the units of a mark, and of every sum that it is part of.
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

-- Goes from the first live mark on, by the largest sums that begin there, as long as `passes` accepts them. Returns the number and the
-- stamp of the mark that it did not accept. It goes up the tree once and down once: by 32 entries a level at most, each time.
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
