-- 85 What was charged before.
-- Reads: the request (10), the loaded meters (70, 80).
-- Sets: answer_once, which leaves the answer as a receipt.
-- Answers: a usual charge that is sent again, and settlements.

local function answer_once(reply)
  call('SET', receipt, reply, 'PX', kept_for / 1000)
  return reply
end

-- A usual charge that began a mark of its own has left its name there instead of a receipt. All limits admitted it.
if again > 0 and (operation == TAKE or operation == CHARGE) then
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
      replies[n + 1] = pack('<dddddd', 0, first, second, 0, 0, 0)
    end
    return table.concat(replies)
  end
end

-- Charges without asking whether it fits, up to the most that can be overrun.
local function charge_more(m)
  local hi, lo = wide(m.more)
  local most_hi, most_lo = minus(MOST_HI, 0, m.hi, m.lo)
  if most_hi < hi or (most_hi == hi and most_lo < lo) then
    hi, lo = most_hi, most_lo
  end
  if hi > 0 or lo > 0 then
    m.kind.charge(m, hi, lo, now, name)
  end
end

if operation == SETTLE then
  local replies = {pack('<dd', 1, time)}
  for n, m in ipairs(meters) do
    local hi, lo = m.hi, m.lo
    for at = 1, #m.refunds, 3 do
      m.kind.refund(m, m.refunds[at], m.refunds[at + 1], m.refunds[at + 2])
    end
    -- A quota is charged in the period of the reservation: not if that is over, or has been followed by another.
    if m.kind == quota and not m.to and m.charged > time then
      -- Its start is unknown. As a period to come, it is the current one as soon as somebody asks for that.
      m.from, m.to = m.charged, m.charged
    end
    if m.more > 0 and (m.kind == window or m.to == m.charged) then
      charge_more(m)
    end
    local step = (m.hi - hi) * BASE + m.lo - lo
    replies[n + 1] = pack('<dddd', m.hi, m.lo, step > 0 and m.kind.wait(m, 0) or 0, step)
  end
  save()
  return answer_once(table.concat(replies))
end
