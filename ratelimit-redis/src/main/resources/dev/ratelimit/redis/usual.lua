-- Reads what is asked, and admits the usual call: one that fits though nothing expires, and that changes nothing but heads. The first part
-- of the script that the class Script sends. What is not usual is left to the others, with nothing written: they decide alike, for several
-- times as much, not least since they make functions, which Lua does anew with each run. So there are none here.

local BASE = 9007199254740992 -- 2^53, the largest number up to which a double counts exactly
local ENDLESS = 4611686018427387904 -- 2^62, the end of a period that has none
local FAN = 32 -- entries of a block
local ENTRY = 32 -- bytes of an entry
local STATE = 64 -- bytes of a window's state, with which its head ends
local FROM, TO = '-96', '-1' -- where the newest mark and the state stand; no more is read, as a text costs Lua time for each byte
local MARGIN, LONGEST_MARGIN = 50000000, 59000000 -- microseconds that a key outlives its meaning: clocks of replicas differ

local TAKE, LOOK, CHARGE, LEASE, STATUS, SETTLE, NAMES = 0, 1, 2, 3, 4, 5, 6

local call, pack, unpacked, format = redis.call, struct.pack, struct.unpack, string.format

local names, receipt, numbers = KEYS[1], KEYS[2], ARGV[1]
local operation, again, name, kept_for, now, wall, latest, most_names, meter_count, records = unpacked('<ddddddddd', numbers)

if operation == NAMES then
  return table.concat(call('ZRANGE', names, 0, -1), '\n')
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
  now = real -- it is no number, but in tests
end
if wall ~= wall then
  wall = real
end
local time = latest > wall and latest or wall -- of periods

local usual, at, i, blocks = operation <= CHARGE and again == 0, records, 0, meter_count + 2
local reply, renewed, charged, named, listed, list_until = pack('<dd', 1, time), nil, false, false, 0, 0
-- With room for most calls: to add what is written one by one would let the tables grow several times.
local changed, places = {false, false, false, false}, {false, false, false, false}
while usual and i < meter_count do
  i = i + 1
  local tail, own, shadow, span, exact, grain, room, units = call('GETRANGE', KEYS[i + 2], FROM, TO)
  own, shadow, span, exact, grain, room, units, at = unpacked('<ddddddd', numbers, at)
  local charges, first, second, ends, known = operation ~= LOOK and units > 0, -1, 0, 0, 0
  if tail == '' then
    usual = false
  elseif span == 0 then
    local to, hi, used, kept
    to, hi, used, known, kept = unpacked('<ddddd', tail)
    usual = time < to and hi == 0 and used <= room and used + units < BASE
    first, ends = to, to < ENDLESS and real + to - wall or math.huge
    if charges and usual then
      usual = kept >= ends + MARGIN and kept <= ends + LONGEST_MARGIN
      changed[i], places[i] = pack('<ddddd', to, 0, used + units, known, kept), 0
    end
  else
    local stamp, mark, begun_by, hi, used, live_from, oldest, kept, marks, place, _
    stamp, _, mark, begun_by, hi, used, live_from, oldest, known, kept, marks, place = unpacked('<dddddddddddd', tail)
    local anew, in_blocks = stamp + span <= now, marks > FAN
    blocks = blocks + 1
    if anew then
      hi, used, live_from, marks = 0, 0, 0, 0
    end
    usual = hi == 0 and used <= room and used + units < BASE and not (anew and in_blocks)
    if charges and usual then
      if anew or stamp < now then
        usual = (anew or marks % FAN > 0) and (exact == 0 or marks - live_from < exact)
        named = named or (exact > 0 and span >= kept_for)
        stamp, mark, begun_by = exact > 0 and now or now - now % grain + grain - 1, 0, name
        marks, place = marks + 1, place + ENTRY
      end
      if anew then
        oldest, place = stamp, 0
      end
      first, second, ends = marks - 1, stamp, real + stamp + span - now
      if kept < ends + MARGIN or kept > ends + LONGEST_MARGIN then
        kept, renewed = ends + LONGEST_MARGIN, renewed or {}
        renewed[KEYS[i + 2]] = kept
        renewed[KEYS[blocks]] = in_blocks and kept or nil
      end
      changed[i] = pack('<dddddddddddd', stamp, 0, mark + units, begun_by, 0, used + units, live_from, oldest, known, kept, marks, place)
      places[i] = not anew and place
    end
  end
  charged = charged or charges
  if own > 0 then
    listed = known > listed and known or listed
    list_until = charges and ends + MARGIN > list_until and ends + MARGIN or list_until
  end
  if operation == CHARGE then
    reply = reply .. pack('<ddd', 0, first, second)
  end
end
if usual and list_until <= listed and (most_names < 0 or listed > real) then
  for meter = 1, charged and meter_count or 0 do
    if places[meter] then
      call('SETRANGE', KEYS[meter + 2], format('%d', places[meter]), changed[meter]) -- Redis writes numbers with 17 digits
    elseif changed[meter] then
      call('SET', KEYS[meter + 2], changed[meter], 'KEEPTTL')
    end
  end
  if renewed then
    for key, kept in pairs(renewed) do
      call('PEXPIREAT', key, math.ceil(kept / 1000))
    end
  end
  if charged and not named then
    call('SET', receipt, reply, 'PX', kept_for / 1000)
  end
  return reply
end
