-- 20 The usual call.
-- Reads: the request (10).
-- Sets: nothing; it writes nothing unless it answers.
-- Answers: a call that fits even if nothing expires, and that changes heads only, but none in flight. It decides as the
-- parts 30 to 90 do, in a fraction of their time: those parts declare functions, and Lua makes each function anew in
-- every run.

do
  local usual, charging, at, blocks =
    operation <= CHARGE and not again and not reports, operation ~= LOOK, records, meter_count + 2
  local renewed, charged, named, listed, list_until = nil, false, false, NEVER, NEVER
  local replies = operation == CHARGE and {false, false, false, false}
  -- The bytes that are to be written of each meter, and behind those of the last meter, their places as texts. With
  -- room for most calls: a table that grows entry by entry is allocated several times.
  local writes = {false, false, false, false, false, false}
  for i = 1, usual and meter_count or 0 do
    local flags, span, exact, grain, room, units, next_record = unpacked('<dddddd', numbers, at)
    local charges = charging and units > 0
    local first, second, life, known -- the place of the charge, until when it counts, until when it is listed
    at = next_record
    if span > 0 then
      local tail = call('GETRANGE', keys[i + 2], '-96', '-1') -- the newest mark and the state
      if tail == '' then
        usual = false
        break
      end
      local stamp, _, mark, begun_by, hi, used, live_from, oldest, listed_until, kept, marks, place =
        unpacked('<dddddddddddd', tail)
      local begins, anew, in_blocks = stamp < now, false, marks > FAN
      blocks = blocks + 1
      known = listed_until
      if stamp + span <= now then
        usual, begins, anew, hi, used, live_from, marks, place = not in_blocks, true, true, 0, 0, 0, 0, -ENTRY
      elseif stamp - now > AHEAD + grain or begins and charges and marks % FAN == 0 then
        usual = false
      end
      if used > room or hi > 0 or used + units >= BASE then
        usual = false
      end
      if charges and usual then
        if begins then
          stamp, mark, begun_by = now, 0, name
          if exact == 0 then
            stamp = now - now % grain + grain - 1
          elseif marks - live_from >= exact then
            usual = false
          elseif span >= kept_for then
            named = true
          end
          if anew then
            oldest = stamp
          end
          marks = marks + 1
          place = place + ENTRY
        end
        first, second = marks - 1, stamp
        life = stamp + span - now
        local ends = real + life
        if kept < ends + MARGIN or kept > ends + LONGEST_MARGIN then
          kept, begins, renewed = ends + LONGEST_MARGIN, true, renewed or {}
          renewed[keys[i + 2]] = kept
          renewed[keys[blocks]] = in_blocks and kept or nil
        end
        -- Most places are looked up: a number takes Lua as long as a command of Redis, and Redis even longer.
        local digits = (place - 128) * 3 / 32
        if begins then
          writes[i] = pack('<dddddddddddd', stamp, 0, mark + units, begun_by, 0, used + units, live_from, oldest,
            known, kept, marks, place)
          if not anew then
            writes[meter_count + i] = digits >= 0 and place <= 960 and sub(MARKS_AT, digits + 1, digits + 3)
              or format('%d', place)
          end
        else
          -- The units of the mark, its name, and the sum follow each other.
          writes[i] = pack('<dddd', mark + units, begun_by, 0, used + units)
          writes[meter_count + i] = digits >= 0 and place <= 960 and sub(UNITS_AT, digits + 1, digits + 3)
            or format('%d', place + 16)
        end
      end
    elseif span == QUOTA then
      local head = call('GET', keys[i + 2])
      if not head then
        usual = false
        break
      end
      local to, hi, used, listed_until, kept, from, begun, granted = unpacked('<dddddddd', head)
      first, second, life, known = to, begun, to < ENDLESS and to - wall or math.huge, listed_until
      if time >= to or from - time > AHEAD or hi > 0 or used - granted > room or used + units >= BASE then
        usual = false
      elseif charges then
        usual = kept >= real + life + MARGIN and kept <= real + life + LONGEST_MARGIN
        writes[i], writes[meter_count + i] = pack('<d', used + units), '16' -- behind the end and `hi`
      end
    elseif span == BUCKET then
      local head = call('GET', keys[i + 2])
      if not head then
        usual = false
        break
      end
      local from, seen, part, hi, lacking, per_units, per_micros, fast_units, fast_micros, rated, begun, listed_until,
        kept = unpacked('<ddddddddddddd', head)
      known, part = listed_until, part + exact * (now - from)
      usual = per_units == exact and per_micros == grain and exact > 0 and hi == 0
        and now >= seen and now >= from and part < BASE
      lacking, part = lacking - math.floor(part / grain), part % grain
      if lacking <= 0 then
        lacking, part = 0, 0
        if charges then
          fast_units, fast_micros, rated, begun = exact, grain, now, name
        end
      end
      usual = usual and lacking <= room and lacking + units < BASE
      second, life = begun, math.ceil((lacking + units) * grain / exact)
      if charges and usual then
        first = now
        if kept < real + life + MARGIN or kept > real + life + LONGEST_MARGIN then
          kept, renewed = real + life + LONGEST_MARGIN, renewed or {}
          renewed[keys[i + 2]] = kept
        end
        writes[i], writes[meter_count + i] = pack('<ddddddddddddd', now, now, part, 0, lacking + units, exact, grain,
          fast_units, fast_micros, rated, begun, known, kept), '0'
      end
    else
      usual, charges = span == SINGLE and room >= 0, false
    end
    if charges then
      charged = true
    end
    if flags == 1 or flags == 3 then
      -- Of the organization's endpoint alone.
      if known and known > listed then
        listed = known
      end
      if charges and life and now + life + MARGIN > list_until then
        list_until = now + life + MARGIN
      end
    elseif flags >= 4 and span ~= SINGLE then
      -- A member's meter: until `known` the lists have the member, and the endpoint if it counts alone.
      usual = usual and known > now and (not charges or now + life + MARGIN <= known)
    end
    if not usual then
      break
    end
    if replies then
      replies[i + 1] = pack('<ddd', 0, first or -1, second or 0)
    end
  end
  if usual and list_until <= listed and (most_names < 0 or listed > now) then
    local reply = pack('<dd', 1, time)
    if replies then
      replies[1] = reply
      reply = table.concat(replies, '', 1, meter_count + 1)
    end
    for i = 1, charged and meter_count or 0 do
      local bytes, place = writes[i], writes[meter_count + i]
      if place then
        call('SETRANGE', keys[i + 2], place, bytes)
      elseif bytes then
        call('SET', keys[i + 2], bytes, 'KEEPTTL')
      end
    end
    if renewed then
      for key, kept in pairs(renewed) do
        call('PEXPIREAT', key, math.ceil(kept / 1000))
      end
    end
    if charged and not named then
      call('SET', keys[2], reply, 'PX', kept_for / 1000)
    end
    return reply
  end
end
