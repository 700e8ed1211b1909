-- 10 The request.
-- Reads: KEYS, ARGV, and TIME.
-- Sets: what the request says of the call as a whole; whether it was sent before, and whether the answer reports what
-- is used; the clocks `now` (of windows), `wall` and `time` (of quotas), `real` (of the life of keys).
-- Answers: a list of endpoints, and whatever was answered before under the same name.

local call, pack, unpacked, format, sub = redis.call, struct.pack, struct.unpack, string.format, string.sub

local keys, numbers = KEYS, ARGV[1]
local operation, name, kept_for, latest, most_names, meter_count, records = unpacked('<dddddd', numbers)
local again, reports, real, now, wall = false, false, nil, nil, nil

if operation > RENEW then
  if operation >= CLOCKS then
    operation = operation - CLOCKS
    now, wall, records = unpacked('<dd', numbers, records) -- only tests state the clocks
  end
  if operation >= AGAIN then
    operation, again = operation - AGAIN, true
  end
  if operation >= REPORTS then
    operation, reports = operation - REPORTS, true
  end
end

if operation == NAMES then
  -- In pieces: the text states the next list and the cursor in it. A name that stays listed meanwhile is found.
  local list, cursor = string.match(numbers, '(%d+):(%d+)$')
  local found = {''}
  list = tonumber(list)
  while list <= 2 and #found <= LISTED do
    local page = call('ZSCAN', keys[list], cursor, 'COUNT', LISTED)
    cursor = page[1]
    for entry = 1, #page[2], 2 do
      found[#found + 1] = page[2][entry]
    end
    list = cursor == '0' and list + 1 or list
  end
  found[1] = list .. ':' .. cursor
  return table.concat(found, '\n')
end
-- The first copy of a settlement may arrive by a lost connection after the second copy.
if again or operation == SETTLE then
  local known = call('GET', keys[2])
  if known then
    return known
  end
end

local clock = call('TIME')
real = clock[1] * 1000000 + clock[2]
if not now then
  now, wall = real, real
end
if latest - wall > AHEAD then
  latest = wall -- it came from a wrong clock, which has been put right
end
local time = latest > wall and latest or wall -- of periods
