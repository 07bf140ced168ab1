-- What of Lua's table library goes over elements, where metatables have a say in it: instruction by instruction, so that
-- a script is stopped in between.

local function length(t) return #t end

-- As far as it is text and numbers.
local function copy(t, first, last)
  local copied = {}
  for i = first, last do
    local value = t[i]
    copied[i - first + 1] = value
    if type(value) ~= 'string' and type(value) ~= 'number' then break end
  end
  return copied
end

local function move(from, first, last, at, to, backwards)
  if backwards then
    for i = last - first, 0, -1 do to[at + i] = from[first + i] end
  else
    for i = 0, last - first do to[at + i] = from[first + i] end
  end
end

local function insert(t, last, at, value)
  for i = last, at + 1, -1 do t[i] = t[i - 1] end
  t[at] = value
end

local function remove(t, last, at)
  local value = t[at]
  for i = at, last - 1 do t[i] = t[i + 1] end
  if at < last then at = last end
  t[at] = nil
  return value
end

return { length = length, copy = copy, move = move, insert = insert, remove = remove }
