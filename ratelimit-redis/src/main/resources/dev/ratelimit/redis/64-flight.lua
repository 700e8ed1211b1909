-- 64 The meter of what is in flight.
-- Reads: the request (10), sums and kinds (30).
-- Sets: flight, the functions of a meter of this kind, the same as those of a window (50).

-- A sorted set has an entry for each charge that counts, by the time of its end: (name, units, longest). The sum hi, lo
-- stands in the head. No entry ends before `first`, and none after `last`. `seen` is the time of the latest charge.
-- The pieces of a reservation beyond its estimate share an entry, its bag, which ends with the estimate. The entry of a
-- bag states 0 units. What it holds is the score, negative, of a second member: (name, longest). So a piece is added to
-- a bag by the name of the bag alone.

local flight = has_flights and {
  load = nil, exceeds = nil, wait = nil, next = nil, charge = nil, refund = nil, renew = nil, begun_by = nil,
  place_at = nil, life = nil, head = nil,
}

if has_flights then
  -- Reads the entries that end from one time to another, the first of them first, as long as `passes` accepts them.
  local function visit(m, from, to, passes)
    local offset = 0
    repeat
      local page = call('ZRANGE', m.blocks, from, to, 'BYSCORE', 'LIMIT', offset, PAGE, 'WITHSCORES')
      for n = 1, #page, 2 do
        if not passes(tonumber(page[n + 1]), page[n]) then
          return
        end
      end
      offset = offset + PAGE
    until #page < 2 * PAGE
  end
  -- Reads the entries that still count.
  local function visit_live(m, passes)
    visit(m, format('(%.17g', now), '+inf', passes)
  end

  -- Returns the units of an entry and, if it is a bag, the member that counts them.
  local function units_of(m, entry)
    local units = unpacked('<d', entry, 9)
    if units > 0 then
      return units
    end
    local counted = sub(entry, 1, 8) .. sub(entry, 17)
    return -(tonumber(call('ZSCORE', m.blocks, counted)) or 0), counted
  end

  local function remove(m, entry)
    local units, counted = units_of(m, entry)
    call('ZREM', m.blocks, entry, counted or entry)
    m.changed = true
    return units
  end

  local function add(m, ends, entry)
    if m.lost then
      call('DEL', m.blocks)
      m.lost = false
    end
    call('ZADD', m.blocks, ends, entry)
    m.first, m.last = math.min(m.first, ends), max(m.last, ends)
    m.stored, m.changed = true, true
  end

  -- What a wrong clock charged too far ahead of now counts as charged now.
  local function bring_back(m)
    local ahead = {}
    visit(m, 0, '+inf', function(ends, entry)
      local longest = unpacked('<d', entry, 17)
      ahead[entry] = ends - longest - now > AHEAD and longest or nil
      return true
    end)
    m.last, m.seen = now, now
    for entry, longest in pairs(ahead) do
      add(m, now + longest, entry)
    end
    visit(m, 0, '+inf', function(ends)
      m.last = max(m.last, ends)
      return true
    end)
  end

  function flight.load(m, head)
    m.first, m.last, m.seen = math.huge, NEVER, now
    if not head then
      m.lost = true -- and so are entries, if there are any
      return
    end
    m.hi, m.lo, m.first, m.last, m.seen, m.listed, m.kept = unpacked('<ddddddd', head)
    if m.seen - now > AHEAD then
      bring_back(m)
    end
    if m.first > now then
      return
    end
    -- Such entries are removed whatever is decided, so that each is read once.
    visit(m, 0, now, function(_, entry)
      local units, counted = units_of(m, entry)
      m.hi, m.lo = minus(m.hi, m.lo, wide(units))
      m.expired, m.changed = m.expired or {}, true
      m.expired[#m.expired + 1] = counted
      return true
    end)
    m.first = math.huge
    visit_live(m, function(ends)
      m.first = ends
    end)
    if m.first == math.huge then
      m.hi, m.lo = 0, 0 -- also if somebody deleted the entries
    end
  end

  function flight.begun_by() end

  function flight.place_at(m)
    return name, now + m.exact
  end

  -- Tells whether more than the room is in flight.
  function flight.exceeds(m, room)
    return exceeds(m.hi, m.lo, room)
  end

  -- Returns the microseconds until no more than the room is in flight, if nothing ends earlier.
  function flight.wait(m, room)
    if room < 0 then
      return -1
    end
    local hi, lo, last = m.hi, m.lo, m.last
    visit_live(m, function(ends, entry)
      hi, lo = minus(hi, lo, wide((units_of(m, entry))))
      last = ends
      return exceeds(hi, lo, room)
    end)
    return max(last - now, 1)
  end

  -- Microseconds until the first of what is in flight counts no more, if nothing ends earlier.
  function flight.next(m)
    return flight.wait(m, m.hi * BASE + m.lo - 1)
  end

  -- Returns the entry of a charge, and its end; nil if it counts no more.
  local function find(m, begun_by, units)
    local entry = pack('<ddd', begun_by, units, m.exact)
    local ends = not m.lost and tonumber(call('ZSCORE', m.blocks, entry))
    if ends and ends > now then
      return entry, ends
    end
  end

  -- Adds units to the bag that the request names. If it names no bag, a new one begins, and ends with the entry that it
  -- names. If that counts no more, nor does anything else of the reservation, and the bag counts for the longest time.
  local function put_into_bag(m, ends, units, begun_by)
    local entry, joined_ends = find(m, m.joins, m.charged)
    local held = entry and m.charged == 0 and units_of(m, entry) or 0
    if held > 0 and held + units <= BASE then
      begun_by = m.joins
    else
      entry, held = pack('<ddd', begun_by, 0, m.exact), 0
    end
    ends = joined_ends or ends
    add(m, ends, entry)
    call('ZADD', m.blocks, -held - units, pack('<dd', begun_by, m.exact))
    return begun_by, ends
  end

  -- Charges, and returns the name and the end of the entry.
  function flight.charge(m, hi, lo, at_time, begun_by)
    local ends, units = at_time + m.exact, hi * BASE + lo
    if m.joins then
      begun_by, ends = put_into_bag(m, ends, units, begun_by)
    else
      add(m, ends, pack('<ddd', begun_by, units, m.exact))
    end
    m.hi, m.lo = plus(m.hi, m.lo, hi, lo)
    m.seen = now
    return begun_by, ends
  end

  -- Gives back all of an entry, unless it counts no more.
  function flight.refund(m, begun_by, _, _, charged)
    local entry = find(m, begun_by, charged)
    if entry then
      m.hi, m.lo = minus(m.hi, m.lo, wide(remove(m, entry)))
    end
  end

  -- Lets an entry count from now on as long as it may, unless it counts no more. Tells whether it still does.
  function flight.renew(m, begun_by, charged)
    local entry = find(m, begun_by, charged)
    if entry then
      add(m, now + m.exact, entry)
      m.seen = now
    end
    return entry
  end

  -- Returns the microseconds for which something counts, if nothing ends earlier.
  function flight.life(m)
    return exceeds(m.hi, m.lo, 0) and m.last - now or 0
  end

  -- Removes the entries that have expired, and returns the head as a text.
  function flight.head(m)
    if m.expired then
      call('ZREMRANGEBYSCORE', m.blocks, 0, now)
      for _, counted in ipairs(m.expired) do
        call('ZREM', m.blocks, counted)
      end
    end
    return pack('<ddddddd', m.hi, m.lo, m.first, m.last, m.seen, m.listed, m.kept)
  end
end
