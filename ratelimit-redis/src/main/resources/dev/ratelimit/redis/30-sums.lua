-- 30 Sums of units.
-- Reads: the request (10).
-- Sets: wide, plus, minus, exceeds; short names for functions of Lua; which kinds of limits the request has. The parts
-- 40 to 66 declare the functions of no others.

local floor, ceil, max = math.floor, math.ceil, math.max

-- Sums of units exceed 2^53 when a limit is overrun, so they are pairs: hi * 2^53 + lo, 0 <= lo < 2^53. No step leaves
-- the exact range.

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
  if room >= ENDLESS then
    return false -- a soft quota has room for all
  end
  if hi == 1 and lo == 0 then
    return room < BASE
  end
  return hi > 0 or lo > room
end

local has_windows, has_quotas, has_buckets, has_flights, has_singles = false, false, false, false, false
for n = 0, meter_count - 1 do
  local span = unpacked('<d', numbers, records + n * BYTES + 8)
  has_windows, has_quotas = has_windows or span > 0, has_quotas or span == QUOTA
  has_buckets, has_flights = has_buckets or span == BUCKET, has_flights or span == FLIGHT
  has_singles = has_singles or span == SINGLE
end
