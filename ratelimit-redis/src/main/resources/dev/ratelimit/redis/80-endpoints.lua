-- 80 Which meters an endpoint and the members have, and what they hold.
-- Reads: the request (10), the meters (70).
-- Sets: loaded meters; put_right_any, whether a meter changed because a wrong clock had charged it.
-- Answers: an endpoint or a member that must share the meters of those beyond the bound.

local has_its_own, has_place, put_right_any = {[0] = most_names < 0}, {}, false

-- In pieces: Lua's stack bounds the arguments of a call, and a status may ask for any number of meters.
for from = 1, meter_count, PAGE do
  local heads = call('MGET', unpack(keys, from + 2, math.min(from + PAGE - 1, meter_count) + 2))
  for n, head in ipairs(heads) do
    local m = meters[from + n - 1]
    m.kind.load(m, head)
    if m.listed > now then
      has_place[m.party] = true
      has_its_own[m.party] = has_its_own[m.party] or m.own
    end
    put_right_any = put_right_any or m.changed
  end
end

local has_all = has_its_own[0]
for n, member in ipairs(members) do
  has_all = has_all and (member.most < 0 or has_place[n]) and (member.most_names < 0 or has_its_own[n])
end

if not has_all then
  local function is_listed(list, entry)
    local ends = call('ZSCORE', list, entry)
    return ends and tonumber(ends) > now
  end

  -- What a wrong clock has listed is moved back by as much as the clock was put back. Counts what is listed.
  local function count_listed(list)
    local written = tonumber(call('ZSCORE', list, WRITTEN) or NEVER)
    if written - now > AHEAD then
      local entries = call('ZRANGE', list, written, '(inf', 'BYSCORE', 'WITHSCORES')
      for n = 1, #entries, 2 do
        call('ZADD', list, entries[n + 1] - (written - now), entries[n])
      end
      written = now
    end
    return call('ZCOUNT', list, now, '+inf') - (written < now and 0 or 1)
  end

  -- Beyond a bound, new names share the meters of a mark. Once one name does, all new names do until those meters are
  -- idle. Otherwise a name that was charged there could later be charged to meters of its own as well.
  local function must_share(list, entry, marked, mark, most)
    local listed = count_listed(list)
    if marked ~= list then
      count_listed(marked)
    end
    return not is_listed(list, entry) and (is_listed(marked, mark) or listed >= most)
  end

  local shares = {not has_its_own[0] and must_share(keys[1], endpoint, keys[1], OVERFLOW, most_names) and 1 or 0}
  local shares_any = shares[1] > 0
  for n, member in ipairs(members) do
    if member.most >= 0 and not has_place[n]
      and must_share(members_list, member.entry, marks, member.mark, member.most) then
      shares[n + 1] = 2
    elseif member.most_names >= 0 and not has_its_own[n]
      and must_share(member.names, member.endpoint, member.names, OVERFLOW, member.most_names) then
      shares[n + 1] = 1
    end
    shares[n + 1] = shares[n + 1] or 0
    shares_any = shares_any or shares[n + 1] > 0
  end

  if shares_any then
    for n, share in ipairs(shares) do
      shares[n] = pack('<d', share)
    end
    return pack('<dd', -2, time) .. table.concat(shares)
  end
end
