-- 90 The decision.
-- Reads: the request (10), the loaded meters (70, 80), answer_once, standing and charge_more (85).
-- Sets: nothing.
-- Answers: all other requests.

for _, m in ipairs(meters) do
  if m.kind == quota and not m.to then
    return pack('<dd', -1, time)
  end
end

if put_right_any then
  save() -- whatever is decided: what counts as of now must not count as of a later time again
end

if operation == STATUS then
  local replies = {pack('<dd', 1, time)}
  for n, m in ipairs(meters) do
    replies[n + 1] = standing(m)
  end
  return table.concat(replies)
end

local leased = operation == LEASE
if leased then
  -- Shadow limits must have room too: the script is not asked what they would say of the calls that a lease serves.
  for _, m in ipairs(meters) do
    leased = leased and not exceeds(m.hi, m.lo, m.batch_room)
  end
end
local admitted = leased and 2 or 1
for _, m in ipairs(meters) do
  m.wait = m.kind.exceeds(m, m.room) and m.kind.wait(m, m.room) or 0
  if m.wait ~= 0 and not m.shadow then
    admitted = 0
  end
end

local charged, turned, tells = false, false, operation > LOOK or reports -- turned: to another rate
local replies = {pack('<dd', admitted, time)}
for n, m in ipairs(meters) do
  local first, second = m.to or -1, m.begun
  local fits = m.wait == 0 and admitted > 0
  if operation ~= LOOK and m.units > 0 and (fits or operation == RECORD and (m.wait == 0 or not m.shadow)) then
    if leased then
      local hi, lo = wide(batch)
      first, second = m.kind.charge(m, hi, lo, now + ahead, name)
    else
      first, second = charge_more(m, wide(m.units))
    end
    charged = true
  end
  if m.kind == bucket and m.wait ~= 0 and m.shadow == (admitted > 0) and operation ~= LOOK and operation ~= RECORD then
    turned = bucket.refused(m) or turned
  end
  replies[n + 1], tells = pack('<ddd', m.wait, first, second) .. (reports and standing(m) or ''), tells or m.wait ~= 0
end
if turned then
  replies[1] = pack('<dd', 3, time)
end
local reply = tells and table.concat(replies) or replies[1]
if charged then
  save()
  return answer_once(reply)
end
if turned then
  save()
end
return reply
