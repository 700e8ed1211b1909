-- 85 Charges that are sent again, and settlements.
-- Reads: the request (10), the loaded meters (70, 80).
-- Sets: answer_once, which leaves the answer as a receipt; standing, the numbers of a
-- status; charge_more, which does not ask whether it fits, and returns the place.
-- Answers: a usual charge that is sent again, settlements, and what lets reservations count on.

local function answer_once(reply)
  call('SET', keys[2], reply, 'PX', kept_for / 1000)
  return reply
end

-- The numbers of a status.
local function standing(m)
  local used = exceeds(m.hi, m.lo, 0)
  return pack('<ddddd', m.hi, m.lo, used and m.kind.next(m) or 0, used and m.kind.wait(m, 0) or 0, m.granted)
end

-- A usual charge that began a mark left its name there instead of a receipt. All limits admitted it.
if again and not reports and (operation == TAKE or operation == CHARGE) then -- a report has its receipt
  local made
  for _, m in ipairs(meters) do
    made = made or m.kind.begun_by(m, name)
  end
  if made then
    local replies = {pack('<dd', 1, max(latest, made + wall - now))} -- the time of periods then
    for n, m in ipairs(operation == CHARGE and meters or {}) do
      local first, second = -1, 0
      if m.units > 0 or m.kind == quota then
        first, second = m.kind.place_at(m, made)
      end
      replies[n + 1] = pack('<ddd', 0, first, second)
    end
    return table.concat(replies)
  end
end

-- Charges units whether they fit or not, up to the largest overrun. Returns the place.
local function charge_more(m, hi, lo)
  local most_hi, most_lo = minus(MOST_HI, 0, m.hi, m.lo)
  if most_hi < hi or (most_hi == hi and most_lo < lo) then
    hi, lo = most_hi, most_lo
  end
  if hi > 0 or lo > 0 then
    return m.kind.charge(m, hi, lo, now, name)
  end
  return m.to or -1, m.begun
end

if operation == RENEW then
  local all_count, replies = true, {}
  for n, m in ipairs(meters) do
    for at = 1, #m.refunds, 4 do
      all_count = m.kind.renew(m, m.refunds[at], m.refunds[at + 3]) and all_count
    end
    replies[n] = pack('<d', now + m.exact)
  end
  save()
  return answer_once(pack('<ddd', 1, time, all_count and 1 or 0) .. table.concat(replies))
end

if operation == SETTLE then
  local replies = {pack('<dd', 1, time)}
  for n, m in ipairs(meters) do
    local hi, lo = m.hi, m.lo
    for at = 1, #m.refunds, 4 do
      m.kind.refund(m, unpack(m.refunds, at, at + 3))
    end
    -- A quota is charged in the period of the reservation, unless that is over or another period has followed it.
    if m.kind == quota and not m.to and m.charged > time then
      -- The start is unknown. A period to come becomes the current one as soon as a request asks for it.
      m.from, m.to = m.charged, m.charged
    end
    if m.more > 0 and (m.kind ~= quota or m.to == m.charged) then
      charge_more(m, wide(m.more))
    end
    if reports then
      replies[n + 1] = standing(m) .. pack('<d', (m.hi - hi) * BASE + m.lo - lo)
    end
  end
  save()
  return answer_once(table.concat(replies))
end
