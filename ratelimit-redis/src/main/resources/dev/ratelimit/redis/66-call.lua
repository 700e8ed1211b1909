-- 66 The meter of a limit of single calls.
-- Reads: kinds (30).
-- Sets: single, the functions of a meter of this kind, the same as those of a window (50). It counts nothing, and has
-- no key: in its place stands the receipt's, which it does not touch.

local single = has_singles and {
  load = nil, exceeds = nil, wait = nil, next = nil, begun_by = nil, place_at = nil,
}

if has_singles then
  function single.load() end

  function single.begun_by() end

  function single.place_at()
    return -1, 0
  end

  function single.exceeds(_, room)
    return room < 0
  end

  function single.wait()
    return -1
  end

  function single.next()
    return 0
  end
end
