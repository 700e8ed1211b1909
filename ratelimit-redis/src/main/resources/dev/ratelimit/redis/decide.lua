-- Decides over all meters, and charges or settles them. The last part of the script.

local field_at = records + 56 * meter_count

-- The next of the numbers that stand behind the records of the meters.
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

-- A lease takes units ahead: how many, for how many microseconds, and the room that each limit must have for them.
local batch, ahead
if operation == LEASE then
  batch, ahead = number(), number()
end

local meters, next_blocks, next_record = {}, meter_count + 3, records
for n = 1, meter_count do
  local own, shadow, span, exact, grain, room, units
  own, shadow, span, exact, grain, room, units, next_record = unpacked('<ddddddd', numbers, next_record)
  -- With all its fields at once: to add them one by one would let the table grow several times.
  local m = {
    kind = window, key = KEYS[n + 2], blocks = nil, own = own > 0, shadow = shadow > 0, span = span, room = room, units = units,
    hi = 0, lo = 0, listed = 0, kept = 0, wait = 0, changed = false, bounds = nil, to = nil, exact = exact, grain = grain,
    first = 0, dropped = 0, oldest = 0, count = nil, open = nil, read = nil, stored = false, lost = false,
    more = 0, charged = 0, refunds = nil, batch_room = 0,
  }
  if span > 0 then
    m.blocks, next_blocks = KEYS[next_blocks], next_blocks + 1
    m.count, m.open, m.read = {}, {}, {}
  else
    m.kind, m.bounds = quota, list()
  end
  if operation == SETTLE then
    m.more, m.charged, m.refunds = number(), number(), list()
  elseif operation == LEASE then
    m.batch_room = number()
  end
  meters[n] = m
end

local endpoint = string.sub(numbers, field_at)

-- Writes what was changed, and lets the directory of endpoints know how long each of them may have used something.
local function save()
  listed, list_until = 0, 0
  for _, m in ipairs(meters) do
    listed = max(listed, m.own and m.listed or 0)
  end
  for _, m in ipairs(meters) do
    if m.changed then
      local ends = real + m.kind.life(m)
      -- Another limit of the endpoint may have it listed for longer already.
      if m.own and listed < ends + MARGIN then
        -- A window later than needed, so that this is not written with every charge.
        m.listed = ends + MARGIN + m.span
        list_until = max(list_until, m.listed)
      end
      -- Nor is how long the key lives.
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
  end
  if list_until > 0 then
    call('ZREMRANGEBYSCORE', names, '-inf', real)
    call('ZADD', names, 'GT', list_until, endpoint)
    local latest = tonumber(call('ZRANGE', names, -1, -1, 'WITHSCORES')[2])
    if latest == math.huge then
      call('PERSIST', names)
    else
      call('PEXPIREAT', names, ceil(latest / 1000))
    end
  end
end

local function answer_once()
  call('SET', receipt, reply, 'PX', kept_for / 1000)
  return reply
end

-- Charges without asking whether it fits, up to the most that can be overrun.
local function charge_more(m)
  local hi, lo = wide(m.more)
  local most_hi, most_lo = minus(MOST_HI, 0, m.hi, m.lo)
  if most_hi < hi or (most_hi == hi and most_lo < lo) then
    hi, lo = most_hi, most_lo
  end
  if hi > 0 or lo > 0 then
    m.kind.charge(m, hi, lo, now)
  end
end

local function is_listed(name)
  local ends = call('ZSCORE', names, name)
  return ends and tonumber(ends) > real
end

-- Where there are too many names, further ones share the meters of one. Once one does, all new ones do until these are idle: else a name
-- could be charged there first and by itself then.
if most_names >= 0 and not is_listed(endpoint) and (is_listed(SHARED) or call('ZCOUNT', names, real, '+inf') >= most_names) then
  return pack('<dd', -2, time)
end

-- In pieces, since Lua's stack bounds the arguments of a call, and an overview may ask for any number of meters.
for from = 1, meter_count, 100 do
  local heads = call('MGET', unpack(KEYS, from + 2, math.min(from + 99, meter_count) + 2))
  for n, head in ipairs(heads) do
    local m = meters[from + n - 1]
    m.kind.load(m, head)
  end
end

-- A usual charge that began a mark of its own has left its name there instead of a receipt. All limits admitted it.
if again > 0 and (operation == TAKE or operation == CHARGE) then
  local made
  for _, m in ipairs(meters) do
    made = made or m.kind.begun_by(m, name)
  end
  if made then
    local made_at = max(latest, made + wall - now) -- of periods
    reply = pack('<dd', 1, made_at)
    for _, m in ipairs(operation == CHARGE and meters or {}) do
      local first, second = -1, 0
      if m.kind == quota then
        first = quota.period_of(m, made_at) or -1
      elseif m.units > 0 then
        first, second = window.place_at(m, made)
      end
      reply = reply .. pack('<ddd', 0, first, second)
    end
    return reply
  end
end

reply = pack('<dd', 1, time)
if operation == SETTLE then
  for _, m in ipairs(meters) do
    for n = 1, #m.refunds, 3 do
      m.kind.refund(m, m.refunds[n], m.refunds[n + 1], m.refunds[n + 2])
    end
    -- A quota is charged in the period of the reservation: not if that is over, or has been followed by another.
    if m.kind == quota and not m.to and m.charged > time then
      m.to = m.charged
    end
    if m.more > 0 and (m.kind == window or m.to == m.charged) then
      charge_more(m)
    end
  end
  save()
  return answer_once()
end

for _, m in ipairs(meters) do
  if m.kind == quota and not m.to then
    return pack('<dd', -1, time)
  end
end

if operation == STATUS then
  for _, m in ipairs(meters) do
    reply = reply .. pack('<ddd', m.hi, m.lo, exceeds(m.hi, m.lo, 0) and m.kind.wait(m, 0) or 0)
  end
  return reply
end

-- Shadows must have room too: the calls that are served later ask nobody what a shadow would say.
local function fits_ahead()
  for _, m in ipairs(meters) do
    if exceeds(m.hi, m.lo, m.batch_room) then
      return false
    end
  end
  return true
end

local leased = operation == LEASE and fits_ahead()
local admitted = leased and 2 or 1
for _, m in ipairs(meters) do
  m.wait = exceeds(m.hi, m.lo, m.room) and m.kind.wait(m, m.room) or 0
  if m.wait ~= 0 and not m.shadow then
    admitted = 0
  end
end

local charged, told = false, operation > LOOK
reply = ''
for _, m in ipairs(meters) do
  local first, second = m.to or -1, 0
  if operation ~= LOOK and admitted > 0 and m.wait == 0 and m.units > 0 then
    local hi, lo = wide(leased and batch or m.units)
    first, second = m.kind.charge(m, hi, lo, leased and now + ahead or now)
    charged = true
  end
  reply, told = reply .. pack('<ddd', m.wait, first, second), told or m.wait ~= 0
end
reply = pack('<dd', admitted, time) .. (told and reply or '')
if charged then
  save()
  return answer_once()
end
return reply
