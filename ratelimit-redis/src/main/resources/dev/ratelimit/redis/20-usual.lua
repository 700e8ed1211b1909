-- 20 The usual call.
-- Reads: the request (10).
-- Sets: nothing; it writes nothing unless it answers.
-- Answers: a call that fits even if nothing expires, and that changes heads only, but none in flight. It decides as the
-- parts 30 to 90 do, in a fraction of their time: those parts declare functions, and Lua makes each function anew in
-- every run.

do
  local usual, at, i, blocks = operation <= CHARGE and again == 0 and not reports, records, 0, meter_count + 2
  local reply, renewed, charged, named, listed, list_until =
    pack('<dd', 1, time), nil, false, false, NEVER, NEVER
  local replies = operation == CHARGE and {reply, false, false, false, false}
  -- With room for most calls: a table that grows entry by entry is allocated several times.
  local changed, places = {false, false, false, false}, {false, false, false, false}
  while usual and i < meter_count do
    i = i + 1
    local own, shadow, span, exact, grain, room, units
    own, shadow, span, exact, grain, room, units, at = unpacked('<ddddddd', numbers, at)
    local tail = span > SINGLE and call('GETRANGE', KEYS[i + 2], span == BUCKET and FROM_OF_BUCKET or FROM, TO)
    local charges, first, second, life, known = operation ~= LOOK and units > 0, -1, 0, 0, NEVER
    if tail == '' then
      usual = false
    elseif span > 0 then
      local stamp, mark, begun_by, hi, used, live_from, oldest, kept, marks, place, _
      stamp, _, mark, begun_by, hi, used, live_from, oldest, known, kept, marks, place =
        unpacked('<dddddddddddd', tail)
      local anew, in_blocks = stamp + span <= now, marks > FAN
      blocks = blocks + 1
      if anew then
        hi, used, live_from, marks = 0, 0, 0, 0
      end
      usual = hi == 0 and used <= room and used + units < BASE and not (anew and in_blocks)
        and stamp - now <= AHEAD + grain
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
        first, second, life = marks - 1, stamp, stamp + span - now
        if kept < real + life + MARGIN or kept > real + life + LONGEST_MARGIN then
          kept, renewed = real + life + LONGEST_MARGIN, renewed or {}
          renewed[KEYS[i + 2]] = kept
          renewed[KEYS[blocks]] = in_blocks and kept or nil
        end
        changed[i] = pack('<dddddddddddd', stamp, 0, mark + units, begun_by, 0, used + units, live_from, oldest, known,
          kept, marks, place)
        places[i] = not anew and place
      end
    elseif span == 0 then
      local to, hi, used, kept, from, begun, granted
      to, hi, used, known, kept, from, begun, granted = unpacked('<dddddddd', tail)
      usual = time < to and from - time <= AHEAD and hi == 0 and used - granted <= room and used + units < BASE
      first, second, life = to, begun, to < ENDLESS and to - wall or math.huge
      if charges and usual then
        usual = kept >= real + life + MARGIN and kept <= real + life + LONGEST_MARGIN
        changed[i], places[i] = pack('<dddddddd', to, 0, used + units, known, kept, from, begun, granted), 0
      end
    elseif span == BUCKET then
      local from, seen, part, hi, lacking, per_units, per_micros, fast_units, fast_micros, rated, begun, kept
      from, seen, part, hi, lacking, per_units, per_micros, fast_units, fast_micros, rated, begun, known, kept =
        unpacked('<ddddddddddddd', tail)
      part = part + exact * (now - from)
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
      first, second, life = charges and now or -1, begun, math.ceil((lacking + units) * grain / exact)
      if charges and usual then
        if kept < real + life + MARGIN or kept > real + life + LONGEST_MARGIN then
          kept, renewed = real + life + LONGEST_MARGIN, renewed or {}
          renewed[KEYS[i + 2]] = kept
        end
        changed[i], places[i] = pack('<ddddddddddddd', now, now, part, 0, lacking + units, exact, grain, fast_units,
          fast_micros, rated, begun, known, kept), 0
      end
    else
      usual = span == SINGLE and room >= 0
    end
    charged = charged or charges
    if own > 0 then
      listed = known > listed and known or listed
      list_until = charges and now + life + MARGIN > list_until and now + life + MARGIN or list_until
    end
    if replies then
      replies[i + 1] = pack('<ddd', 0, first, second)
    end
  end
  if usual and list_until <= listed and (most_names < 0 or listed > now) then
    reply = replies and table.concat(replies, '', 1, meter_count + 1) or reply
    for meter = 1, charged and meter_count or 0 do
      if places[meter] then
        -- Redis writes numbers with 17 digits.
        call('SETRANGE', KEYS[meter + 2], format('%d', places[meter]), changed[meter])
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
end
