-- 62 The meter of a token bucket.
-- Reads: the request (10), sums and kinds (30).
-- Sets: bucket, the functions of a meter of this kind, the same as those of a window (50).

-- At the time `at` the bucket lacks hi, lo units, and `part` / `per_micros` of one of them has flowed back. That many
-- microseconds bring `per_units` back, a fraction in lowest terms. So a unit is back at its exact time, however long
-- the bucket runs. A full bucket lacks nothing, and has no part. `seen` is the latest time of a write; only a lease has
-- a later `at`. The request asks by the rate of `exact` units in `grain` microseconds. Whenever a charge finds the
-- bucket full, all begins anew: `begun` is the name of that charge. Since then no rate was faster than `fast_units` in
-- `fast_micros`, and since `rated` the rate has been the one in force.

local bucket = has_buckets and {
  load = nil, exceeds = nil, wait = nil, next = nil, charge = nil, refund = nil, begun_by = nil, place_at = nil,
  life = nil, head = nil, refused = nil,
}

if has_buckets then
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

  -- Returns the quotient, rounded down, and the rest. The first guess is off by a few units, as it is at most 2^53.
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

  -- Returns the units that flow back in some microseconds, which are negative before `at`, and the part of the next
  -- unit.
  local function flow_in(units, micros, elapsed, part)
    local spans, rest = floor(elapsed / micros), elapsed % micros
    local hi, lo = times(units, math.abs(spans))
    if spans < 0 then
      hi, lo = minus(0, 0, hi, lo)
    end
    local rest_hi, rest_lo = times(units, rest)
    rest_hi, rest_lo = plus(rest_hi, rest_lo, 0, part)
    local more, next_part = divide(rest_hi, rest_lo, micros)
    hi, lo = plus(hi, lo, 0, more)
    return hi, lo, next_part
  end

  local function give_back(m, hi, lo, part)
    m.hi, m.lo = minus(m.hi, m.lo, hi, lo)
    m.part = part
    if m.hi < 0 or not exceeds(m.hi, m.lo, 0) then
      m.hi, m.lo, m.part = 0, 0, 0
    elseif m.hi >= MOST_HI then
      m.hi, m.lo = MOST_HI, 0
    end
  end

  local function flow_until(m, at_time)
    if m.per_units > 0 and exceeds(m.hi, m.lo, 0) then
      give_back(m, flow_in(m.per_units, m.per_micros, at_time - m.at, m.part))
    end
    m.at = at_time
  end

  -- Tells whether the rate of the request is faster than another.
  local function is_faster(m, units, micros)
    local hi, lo = minus(0, 0, times(units, m.grain))
    hi, lo = plus(hi, lo, times(m.exact, micros))
    return hi >= 0 and exceeds(hi, lo, 0)
  end

  -- Lets units flow back at the rate of the request. What is lacking then is lacking in whole units.
  local function change_rate(m)
    local is_full = not exceeds(m.hi, m.lo, 0)
    m.per_units, m.per_micros, m.rated, m.part, m.faster = m.exact, m.grain, m.at, 0, false
    if is_full or is_faster(m, m.fast_units, m.fast_micros) then
      m.fast_units, m.fast_micros = m.exact, m.grain
    end
    if is_full then
      m.begun = name
    end
  end

  function bucket.load(m, head)
    m.at, m.seen, m.rated, m.begun, m.part = now, now, now, name, 0
    m.per_units, m.per_micros, m.fast_units, m.fast_micros = m.exact, m.grain, m.exact, m.grain
    if not head then
      return
    end
    m.at, m.seen, m.part, m.hi, m.lo, m.per_units, m.per_micros, m.fast_units, m.fast_micros, m.rated, m.begun,
      m.listed, m.kept = unpacked('<ddddddddddddd', head)
    -- To divide goes on until the rest is small, which others than its own numbers may never be.
    local is_own = 0 <= m.hi and m.hi < BASE and 0 <= m.lo and m.lo < BASE and 0 <= m.part and m.part < BASE
      and 0 <= m.per_units and m.per_units <= BASE and 0 < m.per_micros and m.per_micros <= BASE
      and 0 <= m.fast_units and m.fast_units <= BASE and 0 < m.fast_micros and m.fast_micros <= BASE
      and math.abs(m.at) < BASE and math.abs(m.seen) < BASE
    if not is_own then
      error('the numbers of a bucket must be its own') -- somebody wrote others
    end
    if m.seen - now > AHEAD then
      -- A wrong clock charged it: what it lacked then, it lacks now. Nobody knows how much of a charge has flowed back.
      m.at, m.seen, m.rated, m.begun, m.changed = now, now, now, now, true
    end
    m.seen = max(m.seen, now) -- the time of a meter does not step back
    flow_until(m, m.seen)
    m.faster = is_faster(m, m.per_units, m.per_micros)
  end

  function bucket.begun_by() end

  function bucket.place_at(m, made)
    return made, made >= m.rated and m.begun or NEVER
  end

  -- Tells whether more than the room is lacking.
  function bucket.exceeds(m, room)
    return exceeds(m.hi, m.lo, room)
  end

  -- Returns the microseconds until some units have flowed back that are lacking now; -1 if they never do.
  local function until_back(m, hi, lo, units, micros, part)
    if units == 0 then
      return -1
    end
    local rough = (hi * BASE + lo) * micros / units
    if rough >= BASE / 2 then
      return m.at + rough - now -- some hundred years
    end
    local product_hi, product_lo = plus(hi * micros, 0, times(lo, micros))
    product_hi, product_lo = minus(product_hi, product_lo, 0, part)
    local wait, rest = divide(product_hi, product_lo, units)
    return m.at + wait + (rest > 0 and 1 or 0) - now
  end

  -- Returns the same by the rate of the request, if that is faster: a call that is refused changes the rate.
  local function wait_for(m, hi, lo)
    if m.faster then
      return until_back(m, hi, lo, m.exact, m.grain, 0)
    end
    return until_back(m, hi, lo, m.per_units, m.per_micros, m.part)
  end

  function bucket.wait(m, room)
    if room < 0 then
      return -1
    end
    return wait_for(m, minus(m.hi, m.lo, wide(room)))
  end

  function bucket.next(m)
    return wait_for(m, 0, 1)
  end

  -- Changes to a faster rate. Else an organization that has used up a slow plan would wait on after its upgrade.
  function bucket.refused(m)
    if m.faster then
      change_rate(m)
      m.changed = true
    end
    return m.changed
  end

  -- Charges, and returns the time as of which the charge counts, and the name of the charge that began the bucket.
  function bucket.charge(m, hi, lo, at_time)
    flow_until(m, m.seen + at_time - now)
    -- A settlement goes by the rate that it finds.
    local turns = operation ~= SETTLE and (m.per_units ~= m.exact or m.per_micros ~= m.grain)
    if turns or not exceeds(m.hi, m.lo, 0) then
      change_rate(m)
    end
    m.hi, m.lo = plus(m.hi, m.lo, hi, lo)
    m.changed = true
    return m.at, m.begun
  end

  -- Gives back units of a charge, but none that has flowed back since as a whole. A part of one that has flowed back is
  -- taken from what has flowed back of the next unit. What was charged before the bucket was last full has flowed back,
  -- and before the rate changed, as much as by the fastest rate at most.
  function bucket.refund(m, made, begun, units, charged)
    if begun ~= m.begun then
      return
    end
    local per_units, per_micros = m.per_units, m.per_micros
    if made < m.rated then
      per_units, per_micros = m.fast_units, m.fast_micros
    end
    local hi, lo = wide(charged)
    local flowed_hi, flowed_lo, begun_part = flow_in(per_units, per_micros, max(0, m.seen - made), 0)
    hi, lo = minus(hi, lo, flowed_hi, flowed_lo)
    local left = hi * BASE + lo
    if left <= 0 then
      return
    end
    local part = m.part
    if begun_part > 0 and units >= left then
      local is_same_rate = per_units == m.per_units and per_micros == m.per_micros
      part = is_same_rate and max(0, part - begun_part) or 0
    end
    local back_hi, back_lo = wide(math.min(units, left))
    give_back(m, back_hi, back_lo, part)
    m.changed = true
  end

  -- Returns the microseconds until the bucket is full.
  function bucket.life(m)
    if not exceeds(m.hi, m.lo, 0) then
      return 0
    end
    local micros = until_back(m, m.hi, m.lo, m.per_units, m.per_micros, m.part)
    return micros < 0 and math.huge or micros
  end

  function bucket.head(m)
    return pack('<ddddddddddddd', m.at, m.seen, m.part, m.hi, m.lo, m.per_units, m.per_micros, m.fast_units,
      m.fast_micros, m.rated, m.begun, m.listed, m.kept)
  end
end
