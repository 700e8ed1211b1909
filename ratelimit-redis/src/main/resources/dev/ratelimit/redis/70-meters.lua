-- 70 The meters of the request.
-- Reads: the request (10), window (50), quota (60), bucket (62), flight (64), single (66).
-- Sets: number and list, which read what follows the records of the meters; batch and ahead, the units and the time of
-- a lease; meters; endpoint; save, which writes the meters that changed and lists the endpoint.

local field_at = records + 8 * NUMBERS * meter_count

local function number()
  local value
  value, field_at = unpacked('<d', numbers, field_at)
  return value
end

local function list()
  local values = {}
  for n = 1, number() do
    values[n] = number()
  end
  return values
end

local batch, ahead
if operation == LEASE then
  batch, ahead = number(), number()
end

local KINDS = {[0] = quota, [BUCKET] = bucket, [FLIGHT] = flight, [SINGLE] = single}
local meters, next_blocks, next_record = {}, meter_count + 3, records
for n = 1, meter_count do
  local own, shadow, span, exact, grain, room, units
  own, shadow, span, exact, grain, room, units, next_record = unpacked('<ddddddd', numbers, next_record)
  -- With all its fields at once: a table that grows field by field is allocated several times.
  local m = {
    kind = KINDS[span] or window, key = KEYS[n + 2], blocks = nil, own = own > 0, shadow = shadow > 0, span = span,
    room = room, units = units, hi = 0, lo = 0, listed = NEVER, kept = 0, wait = 0, changed = false, bounds = nil,
    from = nil, to = nil, exact = exact, grain = grain, first = 0, dropped = 0, oldest = 0, count = nil, open = nil,
    read = nil, stored = false, lost = false, more = 0, charged = 0, refunds = nil, batch_room = 0, begun = 0,
    granted = 0, at = nil, part = 0, seen = nil, per_units = nil, per_micros = nil, faster = false, last = nil,
    expired = false, joins = false, fast_units = nil, fast_micros = nil, rated = nil,
  }
  if span > 0 or span == FLIGHT then
    m.blocks, next_blocks = KEYS[next_blocks], next_blocks + 1
  end
  if span > 0 then
    m.count, m.open, m.read = {}, {}, {}
  elseif span == 0 then
    m.bounds = list()
  end
  if operation == SETTLE or operation == RENEW then
    m.more, m.charged, m.refunds = number(), number(), list()
  elseif operation == CHARGE and span == FLIGHT then
    m.joins, m.charged = number(), number()
    m.joins = m.joins >= 0 and m.joins
  elseif operation == LEASE then
    m.batch_room = number()
  elseif operation == GRANT then
    m.more = number()
  end
  meters[n] = m
end

local endpoint = sub(numbers, field_at)

-- Writes a meter that changed, and renews the life of its keys.
local function store(m)
  local ends = real + m.kind.life(m)
  -- The life is not renewed with every charge.
  local renews = m.kept < ends + MARGIN or m.kept > ends + LONGEST_MARGIN
  if renews then
    m.kept = ends + LONGEST_MARGIN
  end
  call('SET', m.key, m.kind.head(m), 'KEEPTTL')
  if renews and m.kept < math.huge then
    call('PEXPIREAT', m.key, ceil(m.kept / 1000))
  end
  if m.stored or (renews and m.open and m.open[1]) then
    call('PEXPIREAT', m.blocks, ceil(m.kept / 1000))
  end
end

-- Lets a list live for as long as its last entry counts.
local function keep_list(key)
  local last = tonumber(call('ZRANGE', key, -1, -1, 'WITHSCORES')[2])
  if last == math.huge then
    call('PERSIST', key)
  else
    call('PEXPIREAT', key, ceil((real + last - now) / 1000))
  end
end

-- Writes the meters that changed. Writes into the list of endpoints for how long this one may count something.
local function save()
  local listed, list_until = NEVER, NEVER
  for _, m in ipairs(meters) do
    listed = max(listed, m.own and m.listed or NEVER)
  end
  for _, m in ipairs(meters) do
    if m.changed then
      local life = m.kind.life(m)
      -- Another limit of the endpoint may have listed it for longer already. A status or a reset may be of many
      -- endpoints, so it lists none.
      local lists = operation ~= STATUS and (operation < RESET or operation == RENEW)
      if lists and m.own and listed < now + life + MARGIN then
        -- One window later than needed, so that not every charge writes the list; of a quota all charges end together.
        local later = m.kind == bucket and MINUTE or m.kind == flight and m.exact or max(m.span, 0)
        m.listed = now + life + MARGIN + later
        list_until = max(list_until, m.listed)
      end
      store(m)
    end
  end
  if list_until > NEVER then
    call('ZREMRANGEBYSCORE', names, '-inf', now)
    call('ZADD', names, 'GT', list_until, endpoint, now, WRITTEN)
    keep_list(names)
  end
end
