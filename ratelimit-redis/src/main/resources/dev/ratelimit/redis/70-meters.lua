-- 70 The meters of the request.
-- Reads: the request (10), window (50), quota (60), bucket (62), flight (64), single (66).
-- Sets: number and list, which read what follows the records of the meters; batch and ahead, the units and the time of
-- a lease; meters; endpoint; members, of which the call is, with members_list and marks, where they are listed; save,
-- which writes the meters that changed, and lists the endpoint and the members.

local field_at = records + BYTES * meter_count

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

local kinds = {[0] = quota, [BUCKET] = bucket, [FLIGHT] = flight, [SINGLE] = single}
local meters, next_blocks, next_record = {}, meter_count + 3, records
for n = 1, meter_count do
  local flags, span, exact, grain, room, units, behind = unpacked('<dddddd', numbers, next_record)
  -- These fields and what a kind adds to them take a table of 32, which is allocated once.
  local m = {
    kind = kinds[span] or window, key = keys[n + 2], own = flags % 2 > 0, shadow = flags % 4 > 1,
    party = floor(flags / 4), span = span, exact = exact, grain = grain, room = room, units = units,
    hi = 0, lo = 0, listed = NEVER, kept = 0, wait = 0, changed = false, begun = 0, granted = 0,
  }
  next_record = behind
  if span > 0 or span == FLIGHT then
    m.blocks, next_blocks = keys[next_blocks], next_blocks + 1
  end
  if span > 0 then
    m.count, m.open, m.read, m.first, m.dropped, m.oldest = {[0] = 0}, {[0] = nil}, false, 0, 0, 0
    m.added, m.place = 0, nil -- marks that were added to the head; where its newest mark stood, if that may be patched
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
local members, members_list, marks = {}, keys[next_blocks], keys[next_blocks + 1]

local names_end = string.find(endpoint, '\n', 1, true)

-- A line for each member. Once one is beyond the bound of members, the mark of its kind is listed in its place.
if names_end then
  for names_bound, members_bound, entry, mark, name_there in
    string.gmatch(endpoint, '\n(%S+) (%S+) (%S+) (%S+) (%S+)') do
    local names_there = keys[next_blocks + 2 + #members]
    members[#members + 1] = {
      most_names = tonumber(names_bound), most = tonumber(members_bound), entry = entry, mark = mark,
      list = entry == mark and marks or members_list, listed_until = NEVER,
      endpoint = name_there, names = names_there, names_until = NEVER,
    }
  end
  endpoint = sub(endpoint, 1, names_end - 1)
end

-- Writes a meter that changed, and renews the life of its keys.
local function store(m)
  local ends = real + m.kind.life(m)
  -- The life is not renewed with every charge.
  local renews = m.kept < ends + MARGIN or m.kept > ends + LONGEST_MARGIN
  if renews then
    m.kept = ends + LONGEST_MARGIN
  end
  local head, place = m.kind.head(m)
  if place then
    call('SETRANGE', m.key, format('%d', place), head)
  else
    call('SET', m.key, head, 'KEEPTTL')
  end
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

local function list_in(list, entry, list_until)
  if list_until > NEVER then
    call('ZREMRANGEBYSCORE', list, '-inf', now)
    call('ZADD', list, 'GT', list_until, entry, now, WRITTEN)
    keep_list(list)
  end
end

-- Writes the meters that changed. Writes into the lists for how long the endpoint and the members may count something.
local function save()
  local listed, list_until = NEVER, NEVER
  for _, m in ipairs(meters) do
    listed = max(listed, m.own and m.party == 0 and m.listed or NEVER)
  end
  for _, m in ipairs(meters) do
    if m.changed then
      local life = m.kind.life(m)
      -- Another limit of the endpoint may have listed it for longer already. A status or a reset may be of many
      -- endpoints, so it lists none.
      local lists = operation ~= STATUS and (operation < RESET or operation == RENEW)
      local member = members[m.party]
      local known = member and m.listed or listed
      if lists and (m.own or member) and known < now + life + MARGIN then
        -- One window later than needed, so that not every charge writes the list; of a quota all charges end together.
        local later = m.kind == bucket and MINUTE or m.kind == flight and m.exact or max(m.span, 0)
        m.listed = now + life + MARGIN + later
        if not member then
          list_until = max(list_until, m.listed)
        else
          member.listed_until = max(member.listed_until, m.listed)
          member.names_until = max(member.names_until, m.own and m.listed or NEVER)
        end
      end
      store(m)
    end
  end
  list_in(keys[1], endpoint, list_until)
  for _, member in ipairs(members) do
    list_in(member.list, member.entry, member.listed_until)
    list_in(member.names, member.endpoint, member.names_until)
  end
end
