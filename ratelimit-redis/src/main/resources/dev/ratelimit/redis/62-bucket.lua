-- 62 The meter of a token bucket.
-- Reads: the request (10), sums (30).
-- Sets: bucket, the functions of a meter of this kind, the same as those of a window (50).

-- `exact` units flow back in `grain` microseconds, a fraction in lowest terms. At the time `at` the bucket lacks hi, lo
-- units, of one of which `part` / `grain` has flowed back, 0 <= part < grain. So a unit is back at its exact time. A
-- full bucket lacks nothing, and has no part. `seen` is the latest time of a write; only a lease has a later `at`.

local bucket = {}

local HALF = 67108864 -- 2^26

-- Returns the product of two whole numbers of at most 2^53, of which the second is at most 2^52.
local function times(a, b)
  if a * b < BASE then
    return 0, a * b
  end
  local a_high, a_low, b_high, b_low = floor(a / HALF), a % HALF, floor(b / HALF), b % HALF
  local high, one, other = a_high * b_high, a_high * b_low, a_low * b_high
  local hi, lo = plus(floor(high / 2), high % 2 * (BASE / 2), 0, a_low * b_low)
  hi, lo = plus(hi, lo, floor(one / (2 * HALF)), one % (2 * HALF) * HALF)
  return plus(hi, lo, floor(other / (2 * HALF)), other % (2 * HALF) * HALF)
end

-- Returns the quotient, rounded down, and the rest. The first guess is off by a few units: the quotient is at most 2^53.
local function divide(hi, lo, divisor)
  local quotient = floor((hi * BASE + lo) / divisor)
  local rest_hi, rest_lo = minus(hi, lo, times(max(divisor, quotient), math.min(divisor, quotient)))
  while rest_hi < 0 do
    quotient, rest_hi, rest_lo = quotient - 1, plus(rest_hi, rest_lo, 0, divisor)
  end
  while rest_hi > 0 or rest_lo >= divisor do
    quotient, rest_hi, rest_lo = quotient + 1, minus(rest_hi, rest_lo, 0, divisor)
  end
  return quotient, rest_lo
end

-- Returns the units that flow back in some microseconds, which are negative before `at`, and the part of the next unit.
local function flow_in(m, micros, part)
  local spans, rest = floor(micros / m.grain), micros % m.grain
  local hi, lo = times(m.exact, math.abs(spans))
  if spans < 0 then
    hi, lo = minus(0, 0, hi, lo)
  end
  local rest_hi, rest_lo = times(m.exact, rest)
  rest_hi, rest_lo = plus(rest_hi, rest_lo, 0, part)
  local more, next_part = divide(rest_hi, rest_lo, m.grain)
  hi, lo = plus(hi, lo, 0, more)
  return hi, lo, next_part
end

local function flow_until(m, at_time)
  if m.exact > 0 and exceeds(m.hi, m.lo, 0) then
    local hi, lo, part = flow_in(m, at_time - m.at, m.part)
    m.hi, m.lo = minus(m.hi, m.lo, hi, lo)
    m.part = part
    if m.hi < 0 or not exceeds(m.hi, m.lo, 0) then
      m.hi, m.lo, m.part = 0, 0, 0
    elseif m.hi >= MOST_HI then
      m.hi, m.lo = MOST_HI, 0
    end
  end
  m.at = at_time
end

function bucket.load(m, head)
  m.at, m.seen, m.begun = now, now, name
  if not head then
    return
  end
  local units, micros, asked_units, asked_micros = 0, 0, m.exact, m.grain
  m.at, m.seen, m.part, m.hi, m.lo, units, micros, m.begun, m.listed, m.kept = unpacked('<dddddddddd', head)
  if m.seen - now > AHEAD then
    m.at, m.seen, m.changed = now, now, true -- a wrong clock charged it: what it lacked then, it lacks now
  end
  -- Also when the clock steps back: the time of a meter does not.
  m.seen = max(m.seen, now)
  m.exact, m.grain = units, micros
  flow_until(m, m.seen)
  -- Another rate begins with what is lacking in whole units. A settlement goes by the rate that it finds.
  if operation ~= SETTLE and (units ~= asked_units or micros ~= asked_micros) then
    m.exact, m.grain, m.part = asked_units, asked_micros, 0
  end
end

function bucket.begun_by() end

function bucket.place_at(m, made)
  return made, m.begun
end

-- Tells whether more than the room is lacking.
function bucket.exceeds(m, room)
  return exceeds(m.hi, m.lo, room)
end

-- Returns the microseconds until some units have flowed back that are lacking now.
local function micros_until_back(m, hi, lo)
  local rough = (hi * BASE + lo) * m.grain / m.exact
  if rough >= BASE / 2 then
    return m.at + rough - now -- some hundred years
  end
  local product_hi, product_lo = plus(hi * m.grain, 0, times(lo, m.grain))
  product_hi, product_lo = minus(product_hi, product_lo, 0, m.part)
  local micros, rest = divide(product_hi, product_lo, m.exact)
  return m.at + micros + (rest > 0 and 1 or 0) - now
end

function bucket.wait(m, room)
  if room < 0 or m.exact == 0 then
    return -1
  end
  return micros_until_back(m, minus(m.hi, m.lo, wide(room)))
end

function bucket.next(m)
  return m.exact == 0 and -1 or micros_until_back(m, 0, 1)
end

-- Charges, and returns the time as of which the charge counts, and the name of the charge that began the bucket.
function bucket.charge(m, hi, lo, at_time)
  flow_until(m, m.seen + at_time - now)
  m.hi, m.lo = plus(m.hi, m.lo, hi, lo)
  m.changed = true
  return m.at, m.begun
end

-- Gives back units of a charge, but none that has flowed back since.
function bucket.refund(m, made, begun, units, charged)
  if begun ~= m.begun then
    return
  end
  local left_hi, left_lo = wide(charged)
  if m.seen > made and m.exact > 0 then
    local hi, lo, part = flow_in(m, m.seen - made, 0)
    left_hi, left_lo = minus(left_hi, left_lo, hi, lo)
    if part > 0 then
      left_hi, left_lo = minus(left_hi, left_lo, 0, 1)
    end
  end
  if left_hi < 0 then
    return
  end
  local back_hi, back_lo = wide(units)
  if exceeds(back_hi, back_lo, left_lo) and left_hi == 0 then
    back_hi, back_lo = 0, left_lo
  end
  m.hi, m.lo = minus(m.hi, m.lo, back_hi, back_lo)
  if m.hi < 0 or not exceeds(m.hi, m.lo, 0) then
    m.hi, m.lo, m.part = 0, 0, 0
  end
  m.changed = true
end

-- Returns the microseconds until the bucket is full.
function bucket.life(m)
  if not exceeds(m.hi, m.lo, 0) then
    return 0
  end
  return m.exact == 0 and math.huge or micros_until_back(m, m.hi, m.lo)
end

function bucket.head(m)
  return pack('<dddddddddd', m.at, m.seen, m.part, m.hi, m.lo, m.exact, m.grain, m.begun, m.listed, m.kept)
end
