-- 85 What was charged before.
-- Reads: the request (10), the loaded meters (70, 80).
-- Sets: answer_once, which leaves the answer as a receipt; charge_anyway.
-- Answers: a usual charge that is sent again, and settlements.

local function answer_once(reply)
  call('SET', receipt, reply, 'PX', kept_for / 1000)
  return reply
end

-- A usual charge that began a mark of its own has left its name there instead of a receipt. All limits admitted it.
if again > 0 and not reports and (operation == TAKE or operation == CHARGE) then
  local made
  for _, m in ipairs(meters) do
    made = made or m.kind.begun_by(m, name)
  end
  if made then
    local made_at = max(latest, made + wall - now) -- of periods
    local replies = {pack('<dd', 1, made_at)}
    for n, m in ipairs(operation == CHARGE and meters or {}) do
      local first, second = -1, 0
      if m.kind == quota then
        first = quota.period_of(m, made_at) or -1
      elseif m.units > 0 then
        first, second = window.place_at(m, made)
      end
      replies[n + 1] = pack('<ddd', 0, first, second)
    end
    return table.concat(replies)
  end
end

-- Charges without asking whether it fits, up to the most that can be overrun. Returns the place.
local function charge_anyway(m, units)
  local hi, lo = wide(units)
  local most_hi, most_lo = minus(MOST_HI, 0, m.hi, m.lo)
  if most_hi < hi or (most_hi == hi and most_lo < lo) then
    hi, lo = most_hi, most_lo
  end
  if hi > 0 or lo > 0 then
    return m.kind.charge(m, hi, lo, now, name)
  end
  return m.to or -1, 0
end

if operation == SETTLE then
  for _, m in ipairs(meters) do
    for n = 1, #m.refunds, 3 do
      m.kind.refund(m, m.refunds[n], m.refunds[n + 1], m.refunds[n + 2])
    end
    -- A quota is charged in the period of the reservation: not if that is over, or has been followed by another.
    if m.kind == quota and not m.to and m.charged > time then
      -- Its start is unknown. As a period to come, it is the current one as soon as somebody asks for that.
      m.from, m.to = m.charged, m.charged
    end
    if m.more > 0 and (m.kind == window or m.to == m.charged) then
      charge_anyway(m, m.more)
    end
  end
  save()
  return answer_once(pack('<dd', 1, time))
end
