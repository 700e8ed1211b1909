-- 64 The meter of what is in flight.
-- Reads: the request (10), sums (30).
-- Sets: flight, the functions of a meter of this kind, the same as those of a window (50).

-- A sorted set has an entry for each charge that counts, by the time of its end: (name, units, longest). The sum hi, lo
-- stands in the head. No entry ends before `first`, and none after `last`. `seen` is the time of the latest charge.

local flight = {}

local PAGE = 100 -- entries that are read at a time

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
  visit(m, '-inf', '+inf', function(ends, entry)
    local longest = unpacked('<d', entry, 17)
    ahead[entry] = ends - longest - now > AHEAD and longest or nil
    return true
  end)
  m.last, m.seen = now, now
  for entry, longest in pairs(ahead) do
    add(m, now + longest, entry)
  end
  visit(m, '-inf', '+inf', function(ends)
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
  visit(m, '-inf', now, function(_, entry)
    m.hi, m.lo = minus(m.hi, m.lo, wide((unpacked('<d', entry, 9))))
    m.expired, m.changed = true, true
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
  return name, m.exact
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
    hi, lo = minus(hi, lo, wide((unpacked('<d', entry, 9))))
    last = ends
    return exceeds(hi, lo, room)
  end)
  return max(last - now, 1)
end

-- Microseconds until the first of what is in flight counts no more, if nothing ends earlier.
function flight.next(m)
  return flight.wait(m, m.hi * BASE + m.lo - 1)
end

-- Charges, and returns what tells the entry from others: its name, and how long it counts at most.
function flight.charge(m, hi, lo, at_time, begun_by)
  local ends = at_time + m.exact
  add(m, ends, pack('<ddd', begun_by, hi * BASE + lo, m.exact))
  m.hi, m.lo = plus(m.hi, m.lo, hi, lo)
  m.seen = now
  return begun_by, m.exact
end

-- Returns the entry of a charge; nil if it counts no more.
local function find(m, begun_by, longest, charged)
  local entry = pack('<ddd', begun_by, charged, longest)
  local ends = not m.lost and call('ZSCORE', m.blocks, entry)
  if ends and tonumber(ends) > now then
    return entry
  end
end

-- Gives back all of a charge, unless it counts no more.
function flight.refund(m, begun_by, longest, _, charged)
  local entry = find(m, begun_by, longest, charged)
  if entry then
    call('ZREM', m.blocks, entry)
    m.hi, m.lo = minus(m.hi, m.lo, wide(charged))
    m.changed = true
  end
end

-- Lets a charge count from now on as long as it may, unless it counts no more. Tells whether it still does.
function flight.renew(m, begun_by, longest, charged)
  local entry = find(m, begun_by, longest, charged)
  if entry then
    add(m, now + longest, entry)
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
    call('ZREMRANGEBYSCORE', m.blocks, '-inf', now)
  end
  return pack('<ddddddd', m.hi, m.lo, m.first, m.last, m.seen, m.listed, m.kept)
end
