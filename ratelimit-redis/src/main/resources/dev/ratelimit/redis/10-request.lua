-- 10 The request.
-- Reads: KEYS, ARGV, and TIME.
-- Sets: constants; what the request says of the call as a whole; whether the answer reports what is used; the clocks
-- `now` (of windows), `wall` and `time` (of quotas), `real` (of the life of keys).
-- Answers: a list of endpoints, and whatever was answered before under the same name.

local BASE = 9007199254740992 -- 2^53, the largest number up to which a double counts exactly
local ENDLESS = 4611686018427387904 -- 2^62, the end of a period that has none
local NEVER = -ENDLESS
local FAN = 32 -- entries of a block
local ENTRY = 32 -- bytes of an entry
local STATE = 64 -- bytes of a window's state, with which its head ends
-- The place of the newest mark and the state. The script reads no more, since a text costs Lua time for each byte.
local FROM, TO, FROM_OF_BUCKET = '-96', '-1', '-104' -- a bucket is read as a whole
local NUMBERS = 7 -- of a limit's record
local BUCKET, FLIGHT, SINGLE = -1, -2, -3 -- stand in a record for the span: the kinds of limits that have none
-- Microseconds that a key outlives its meaning: clocks of replicas differ.
local MARGIN, LONGEST_MARGIN = 50000000, 59000000
local MINUTE = 60000000
local AHEAD = 3600000000 + MARGIN -- microseconds: a clock that was wrong wrote what lies further ahead of now
local MOST_HI = 256 -- an overrun stops at 256 * 2^53 = 2^61 units
local LISTED = 250 -- names of a piece of a list
local OVERFLOW = '%o' -- stands in a list for the endpoints beyond most_names
local WRITTEN = '%t' -- stands in a list for the latest time at which something was listed there

local TAKE, LOOK, CHARGE, LEASE, STATUS, SETTLE, NAMES, RECORD = 0, 1, 2, 3, 4, 5, 6, 7
local GRANT, CARRY, RESET, FORGET = 8, 9, 10, 11 -- by hand: part 87 answers these
local RENEW = 12
local REPORTS = 16 -- is added to an operation that is to tell what is used after it

local call, pack, unpacked, format = redis.call, struct.pack, struct.unpack, string.format

local names, receipt, numbers = KEYS[1], KEYS[2], ARGV[1]
local operation, again, name, kept_for, now, wall, latest, most_names, meter_count, records =
  unpacked('<ddddddddd', numbers)

local reports = operation >= REPORTS
if reports then
  operation = operation - REPORTS
end

if operation == NAMES then
  -- In pieces: the text states the next list and the cursor in it. A name that stays listed meanwhile is found.
  local list, cursor = string.match(numbers, '(%d+):(%d+)$')
  local found = {''}
  list = tonumber(list)
  while list <= 2 and #found <= LISTED do
    local page = call('ZSCAN', KEYS[list], cursor, 'COUNT', LISTED)
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
if again > 0 or operation == SETTLE then
  local known = call('GET', receipt)
  if known then
    return known
  end
end

local clock = call('TIME')
local real = clock[1] * 1000000 + clock[2]
if now ~= now then
  now = real -- only tests state the clocks
end
if wall ~= wall then
  wall = real
end
if latest - wall > AHEAD then
  latest = wall -- it came from a wrong clock, which has been put right
end
local time = latest > wall and latest or wall -- of periods
