-- 87 What the host does by hand.
-- Reads: the request (10), the loaded meters (70, 80), answer_once, standing and charge_more (85).
-- Sets: nothing that other parts read.
-- Answers: grants, what is carried over, and what is reset or forgotten.

if operation >= GRANT and operation <= FORGET then
  local function is_without_period()
    for _, m in ipairs(meters) do
      if m.kind == quota and not m.to then
        return true
      end
    end
    return false
  end

  if operation <= CARRY and is_without_period() then
    return pack('<dd', -1, time)
  end
  local replies, found = {pack('<dd', 1, time)}, 0
  if operation == GRANT then
    local m = meters[1]
    m.granted, m.changed = max(0, math.min(BASE, m.granted + m.more)), true
    replies[2] = standing(m)
  elseif operation == CARRY then
    -- The first half of the meters is carried over to the second.
    local half, used = meter_count / 2, {}
    for n = 1, half do
      used[n] = {meters[n].hi, meters[n].lo}
    end
    for n = 1, half do
      local hi, lo, target = used[n][1], used[n][2], meters[half + n]
      local counts = exceeds(hi, lo, 0)
      if counts then
        charge_more(target, hi, lo)
      end
      replies[n + 1] = standing(target) .. pack('<d', counts and 1 or 0)
    end
  else
    for _, m in ipairs(meters) do
      if m.kind == quota and operation == RESET and m.granted > 0 then
        m.hi, m.lo, m.begun, m.changed, found = 0, 0, name, true, found + 1
      else
        found, m.changed = found + call('DEL', m.key), false
        if m.blocks then
          call('DEL', m.blocks)
        end
      end
    end
    replies[2] = pack('<d', found)
  end
  save()
  return answer_once(table.concat(replies))
end
