-- 90 The decision.
-- Reads: the request (10), the loaded meters (70, 80), answer_once (85).
-- Sets: nothing.
-- Answers: everything else.

for _, m in ipairs(meters) do
  if m.kind == quota and not m.to then
    return pack('<dd', -1, time)
  end
end

if put_right_any then
  save() -- whatever is decided: what counts as of now must not do so again later
end

if operation == STATUS then
  local replies = {pack('<dd', 1, time)}
  for n, m in ipairs(meters) do
    replies[n + 1] = pack('<ddd', m.hi, m.lo, exceeds(m.hi, m.lo, 0) and m.kind.wait(m, 0) or 0)
  end
  return table.concat(replies)
end

-- Shadows must have room too: nobody asks the script what a shadow would say of the calls that a lease serves.
local function fits_ahead()
  for _, m in ipairs(meters) do
    if exceeds(m.hi, m.lo, m.batch_room) then
      return false
    end
  end
  return true
end

local leased = operation == LEASE and fits_ahead()
local admitted = leased and 2 or 1
for _, m in ipairs(meters) do
  m.wait = exceeds(m.hi, m.lo, m.room) and m.kind.wait(m, m.room) or 0
  if m.wait ~= 0 and not m.shadow then
    admitted = 0
  end
end

local charged, tells = false, operation > LOOK
local replies = {pack('<dd', admitted, time)}
for n, m in ipairs(meters) do
  local first, second = m.to or -1, 0
  if operation ~= LOOK and admitted > 0 and m.wait == 0 and m.units > 0 then
    local hi, lo = wide(leased and batch or m.units)
    first, second = m.kind.charge(m, hi, lo, leased and now + ahead or now, name)
    charged = true
  end
  local reset = operation > LOOK and exceeds(m.hi, m.lo, 0) and m.kind.wait(m, 0) or 0
  replies[n + 1], tells = pack('<dddddd', m.wait, first, second, m.hi, m.lo, reset), tells or m.wait ~= 0
end
local reply = tells and table.concat(replies) or replies[1]
if charged then
  save()
  return answer_once(reply)
end
return reply
