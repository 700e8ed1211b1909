-- 00 Constants.
-- Reads: nothing.
-- Sets: names for numbers and texts. None of this is run: Script writes the values into the parts behind it. In Lua, a
-- local costs time in each run, and once more for each function that reads it.

local BASE = 9007199254740992 -- 2^53, the largest number up to which a double counts exactly
local HALF = 67108864 -- 2^26
local ENDLESS = 4611686018427387904 -- 2^62, the end of a period that has none
local NEVER = -4611686018427387904
local FAN = 32 -- entries of a block
local ENTRY = 32 -- bytes of an entry
local STATE = 64 -- bytes of a window's state, with which its head ends
local BYTES = 48 -- of a limit's record
-- The places of marks in a head, from 128 to 960 as texts, and those of their units, 16 bytes behind.
local MARKS_AT = '128160192224256288320352384416448480512544576608640672704736768800832864896928960'
local UNITS_AT = '144176208240272304336368400432464496528560592624656688720752784816848880912944976'
-- Stand in a record for the span: the kinds of limits that have none.
local QUOTA = 0
local BUCKET = -1
local FLIGHT = -2
local SINGLE = -3
-- Microseconds that a key outlives its meaning: clocks of replicas differ.
local MARGIN = 50000000
local LONGEST_MARGIN = 59000000
local MINUTE = 60000000
local AHEAD = 3650000000 -- an hour and the margin: a clock that was wrong wrote what lies further ahead of now
local MOST_HI = 256 -- an overrun stops at 256 * 2^53 = 2^61 units
local LISTED = 250 -- names of a piece of a list
local PAGE = 100 -- entries in flight, or heads of meters, that are read at a time
local OVERFLOW = '%o' -- stands in a list for the endpoints beyond most_names
local WRITTEN = '%t' -- stands in a list for the latest time at which something was listed there

local TAKE = 0
local LOOK = 1
local CHARGE = 2
local LEASE = 3
local STATUS = 4
local SETTLE = 5
local NAMES = 6
local RECORD = 7
-- By hand: part 87 answers these.
local GRANT = 8
local CARRY = 9
local RESET = 10
local FORGET = 11
local RENEW = 12
-- Are added to an operation: to tell what is used after it, to tell that it was sent before, to state the clocks.
local REPORTS = 16
local AGAIN = 32
local CLOCKS = 64
