-- Reads the arguments, decides over all meters, and charges or settles them. The last part of the script.

local names, receipt = KEYS[1], KEYS[2]
local operation, endpoint, most_names = ARGV[1], ARGV[6], tonumber(ARGV[7])
local clock = call('TIME')
local real = clock[1] * 1000000 + clock[2]
local now = tonumber(ARGV[2]) or real
local wall = tonumber(ARGV[3]) or real
local time = max(wall, tonumber(ARGV[4])) -- of periods

if operation == 'names' then
  return call('ZRANGE', names, 0, -1)
end

local last_key, last_arg = 2, 8

local function key()
  last_key = last_key + 1
  return KEYS[last_key]
end

local function arg()
  last_arg = last_arg + 1
  return ARGV[last_arg]
end

local function number()
  return tonumber(arg())
end

local function numbers()
  local list = {}
  for i = 1, number() do
    list[i] = number()
  end
  return list
end

-- With all its fields at once: to add them one by one would let the table grow five times.
local function read_meter()
  if arg() == 'w' then
    return {
      kind = window, own = arg() == '1', key = key(), blocks = key(), span = number(), exact = number(), now = now, time = now,
      hi = 0, lo = 0, first = 0, stored = 0, oldest = 0, listed = 0, count = {}, open = {}, read = {},
      shadow = false, room = 0, units = 0, wait = 0, changed = false,
    }
  end
  return {
    kind = quota, own = arg() == '1', key = key(), span = 0, bounds = numbers(), now = wall, time = time,
    hi = 0, lo = 0, to = nil, listed = 0,
    shadow = false, room = 0, units = 0, wait = 0, changed = false,
  }
end

-- A lease takes units ahead: how many, for how many microseconds, and the room that each limit must have for them.
local batch, ahead, batch_rooms
if operation == 'lease' then
  batch, ahead, batch_rooms = number(), number(), {}
end

local meters = {}
for i = 1, tonumber(ARGV[8]) do
  local m = read_meter()
  if operation == 'settle' then
    m.more, m.charged, m.refunds = number(), number(), numbers()
  elseif operation ~= 'status' then
    m.shadow, m.room, m.units = arg() == '1', number(), number()
    if operation == 'lease' then
      batch_rooms[i] = number()
    end
  end
  meters[i] = m
end

-- In pieces, since Lua's stack bounds the arguments of a call, and an overview may ask for any number of meters.
local heads = {}
for from = 1, #meters, 100 do
  local keys = {}
  for i = from, math.min(from + 99, #meters) do
    keys[#keys + 1] = meters[i].key
  end
  if from == 1 then
    keys[#keys + 1] = receipt
  end
  local values = call('MGET', unpack(keys))
  if from == 1 then
    local known = table.remove(values)
    if known then
      return cmsgpack.unpack(known)
    end
  end
  for i = 1, #values do
    heads[from + i - 1] = values[i]
  end
end

-- Writes what was changed, and lets the directory of endpoints know how long each of them may have used something.
local function save()
  local listed, list_until = 0, 0
  for _, m in ipairs(meters) do
    listed = max(listed, m.own and m.listed or 0)
  end
  for _, m in ipairs(meters) do
    if m.changed then
      local life = m.kind.life(m, m.now)
      local ends = real + life + MARGIN * 1000
      -- Another limit of the endpoint may have it listed for longer already.
      if m.own and listed < ends then
        -- A window later than needed, so that this is not written with every charge.
        m.listed = ends + m.span
        list_until = max(list_until, m.listed)
      end
      m.kind.save(m, life == math.huge and life or ceil(life / 1000) + MARGIN)
    end
  end
  if list_until > 0 then
    call('ZREMRANGEBYSCORE', names, '-inf', real)
    call('ZADD', names, 'GT', list_until, endpoint)
    local latest = tonumber(call('ZRANGE', names, -1, -1, 'WITHSCORES')[2])
    if latest == math.huge then
      call('PERSIST', names)
    else
      call('PEXPIRE', names, ceil((latest - real) / 1000))
    end
  end
end

local function answer_once(reply)
  call('SET', receipt, cmsgpack.pack(reply), 'PX', ARGV[5])
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
    m.kind.charge(m, hi, lo, m.now)
  end
end

local function is_listed(name)
  local ends = call('ZSCORE', names, name)
  return ends and tonumber(ends) > real
end

-- Where there are too many names, further ones share the meters of one. Once one does, all new ones do until these are idle: else a name
-- could be charged there first and by itself then.
if most_names >= 0 and not is_listed(endpoint) and (is_listed(SHARED) or call('ZCOUNT', names, real, '+inf') >= most_names) then
  return { -2, time }
end

for i, m in ipairs(meters) do
  m.kind.load(m, heads[i], m.time)
end

if operation == 'settle' then
  for _, m in ipairs(meters) do
    for i = 1, #m.refunds, 3 do
      m.kind.refund(m, m.refunds[i], m.refunds[i + 1], m.refunds[i + 2])
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
  return answer_once({ 1, time })
end

for _, m in ipairs(meters) do
  if m.kind == quota and not m.to then
    return { -1, time }
  end
end

if operation == 'status' then
  local reply = { 1, time }
  for _, m in ipairs(meters) do
    reply[#reply + 1] = m.hi
    reply[#reply + 1] = m.lo
    reply[#reply + 1] = exceeds(m.hi, m.lo, 0) and m.kind.wait(m, 0, m.now) or 0
  end
  return reply
end

-- Shadows must have room too: the calls that are served later ask nobody what a shadow would say.
local function fits_ahead()
  for i, m in ipairs(meters) do
    if exceeds(m.hi, m.lo, batch_rooms[i]) then
      return false
    end
  end
  return true
end

local leased = operation == 'lease' and fits_ahead()
local admitted = leased and 2 or 1
for _, m in ipairs(meters) do
  m.wait = exceeds(m.hi, m.lo, m.room) and m.kind.wait(m, m.room, m.now) or 0
  if m.wait ~= 0 and not m.shadow then
    admitted = 0
  end
end

local reply, charged = { admitted, time }, false
for _, m in ipairs(meters) do
  local first, second = m.to or -1, 0
  if operation ~= 'look' and admitted > 0 and m.wait == 0 and m.units > 0 then
    local hi, lo = wide(leased and batch or m.units)
    first, second = m.kind.charge(m, hi, lo, leased and m.now + ahead or m.now)
    charged = true
  end
  reply[#reply + 1] = m.wait
  reply[#reply + 1] = first
  reply[#reply + 1] = second
end
if charged then
  save()
  return answer_once(reply)
end
return reply
