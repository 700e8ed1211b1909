-- 10 The request.
-- Reads: KEYS, ARGV, and TIME.
-- Sets: constants; what the request says of the call as a whole (`reports`: the limits are told too); the clocks `now`
-- (of windows), `wall` and `time` (of quotas), `real` (of the life of keys).
-- Answers: a list of endpoints, and whatever was answered before under the same name.

local BASE = 9007199254740992 -- 2^53, the largest number up to which a double counts exactly
local ENDLESS = 4611686018427387904 -- 2^62, the end of a period that has none
local NEVER = -ENDLESS
local FAN = 32 -- entries of a block
local ENTRY = 32 -- bytes of an entry
local STATE = 64 -- bytes of a window's state, with which its head ends
-- Where the newest mark and the state stand. No more is read, as a text costs Lua time for each byte.
local FROM, TO = '-96', '-1'
local NUMBERS = 7 -- of a limit's record
-- Microseconds that a key outlives its meaning: clocks of replicas differ.
local MARGIN, LONGEST_MARGIN = 50000000, 59000000
local AHEAD = 3600000000 + MARGIN -- microseconds: what lies further ahead of now was written by a clock that was wrong
local MOST_HI = 256 -- an overrun stops at 256 * 2^53 = 2^61 units
local LISTED = 250 -- names of a piece of a list
local OVERFLOW = '%o' -- stands in a list for the endpoints beyond most_names
local WRITTEN = '%t' -- stands in a list for the latest time at which something was listed there

local TAKE, LOOK, CHARGE, LEASE, STATUS, SETTLE, NAMES, RECORD = 0, 1, 2, 3, 4, 5, 6, 7
local REPORTS = 16 -- is added to an operation that also tells how the limits stand

local call, pack, unpacked, format = redis.call, struct.pack, struct.unpack, string.format

local names, receipt, numbers = KEYS[1], KEYS[2], ARGV[1]
local operation, again, name, kept_for, now, wall, latest, most_names, meter_count, records =
  unpacked('<ddddddddd', numbers)

local reports = operation >= REPORTS
operation = operation % REPORTS

if operation == NAMES then
  -- In pieces: the text says which list is next, and where in it. A name that stays listed meanwhile is found.
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
-- A settlement that was sent over a connection that is gone may come after it was sent again.
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
  latest = wall -- a wrong clock told it, and was put right since
end
local time = latest > wall and latest or wall -- of periods
