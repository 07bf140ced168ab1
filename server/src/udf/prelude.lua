-- Runs before every script: removes what is unsafe of Lua's own libraries, and adds streams.

local host = ...
local raw = {
  collectgarbage = collectgarbage, getmetatable = getmetatable, load = load, pcall = pcall, setmetatable = setmetatable,
  xpcall = xpcall, resume = coroutine.resume, close = coroutine.close, date = os.date, time = os.time,
}
local select, type, rawget, error, unpack = select, type, rawget, error, table.unpack

-- Errors of the server's functions are objects. When a script or the server catches one, it becomes a string. The error that
-- the time is over cannot be caught.

local function settle(ok, ...)
  if ok then return true, ... end
  return false, host.text((...))
end

function pcall(...) return settle(raw.pcall(...)) end

function xpcall(f, handler, ...)
  return settle(raw.xpcall(f, function(reason) return handler(host.text(reason)) end, ...))
end

function coroutine.resume(...) return settle(raw.resume(...)) end

function coroutine.close(...) return settle(raw.close(...)) end

-- Scripts cannot reach files, processes, compiled code, or modules that are not registered.

dofile, loadfile, warn, string.dump = nil, nil, nil, nil

function load(chunk, name, _, ...)
  if type(chunk) == 'string' then host.spend(#chunk) end
  return raw.load(chunk, name, 't', ...)
end

function print(...)
  local words = {}
  for i = 1, select('#', ...) do words[i] = tostring((select(i, ...))) end
  host.log(2, table.concat(words, '\t'))
end

os = {
  clock = os.clock,
  difftime = os.difftime,
  time = function(when) if when == nil then return host.seconds() end return raw.time(when) end,
  date = function(format, when)
    if type(format) == 'string' then host.spend(#format) end
    return raw.date(format, when or host.seconds())
  end,
}

local loaded = { _G = _G, coroutine = coroutine, math = math, os = os, string = string, table = table, utf8 = utf8 }

package = { loaded = loaded, preload = {}, path = host.path .. '/?.lua', cpath = '', config = '/\n;\n?\n!\n-\n' }

function require(name)
  if loaded[name] ~= nil then return loaded[name] end
  local chunk, where = host.find(name)
  if not chunk then error(where, 2) end
  local module = chunk(name, where)
  if module ~= nil then loaded[name] = module elseif loaded[name] == nil then loaded[name] = true end
  return loaded[name], where
end

-- The time limit is checked between two instructions. Finalizers are refused, since the limit does not apply to them.
-- Instructions that take long are counted as work.

function setmetatable(t, meta)
  if type(meta) == 'table' and rawget(meta, '__gc') ~= nil then error('finalizers are not supported', 2) end
  return raw.setmetatable(t, meta)
end

function collectgarbage(what, ...)
  if what == 'count' then return raw.collectgarbage(what) end
  if what == 'collect' or what == 'step' or what == nil then
    host.spend(raw.collectgarbage('count') // 1 * 16)
    return raw.collectgarbage(what, ...)
  end
  return 0
end

-- Scripts recognize the class of an object by its metatable.

local classes = {}
for _, name in ipairs { 'Aerospike', 'Bytes', 'GeoJSON', 'Iterator', 'List', 'Map', 'Record' } do classes[name] = {} end
Bytes, List, Map = classes.Bytes, classes.List, classes.Map

function getmetatable(value)
  if type(value) == 'userdata' then return classes[host.class(value)] end
  return raw.getmetatable(value)
end

-- Functions of the libraries that are made of others.

function list.clone(l)
  local copy = list()
  for value in list.iterator(l) do list.append(copy, value) end
  return copy
end

function list.merge(first, second)
  local merged = list.clone(first)
  for value in list.iterator(second) do list.append(merged, value) end
  return merged
end

function map.clone(m)
  local copy = map()
  for key, value in map.pairs(m) do
    if value ~= nil then copy[key] = value end
  end
  return copy
end

function map.merge(first, second, combine)
  local merged = map.clone(first)
  local combines = type(combine) == 'function'
  for key, value in map.pairs(second) do
    local both = merged[key] and combines and combine(first[key], second[key]) or value
    if both ~= nil then merged[key] = both end
  end
  return merged
end

function map.diff(first, second)
  local either = map()
  local function add(from, other)
    for key, value in map.pairs(from) do
      if value ~= nil and not other[key] then either[key] = value end
    end
  end
  add(first, second)
  add(second, first)
  return either
end

function math.sum(a, b) return a + b end

function math.product(a, b) return a * b end

local function logger(level)
  return function(format, ...) return aerospike:log(level, string.format(format, ...)) end
end

warn, info, debug, trace = logger(1), logger(2), logger(3), logger(4)

-- Streams. Each operation is a function from an iterator to an iterator.

local function copy_of(value)
  local kind = type(value)
  if kind == 'table' then
    local copy = {}
    for key, element in pairs(value) do copy[key] = element end
    return copy
  elseif kind ~= 'userdata' then
    return value
  elseif host.class(value) == 'Map' then
    return map.clone(value)
  elseif host.class(value) == 'List' then
    return list.clone(value)
  end
end

-- An operation whose iterator ends at its first nil.
local function ending(make)
  return function(next, ...)
    local step, ended = make(next, ...), false
    return function()
      if ended then return nil end
      local value, goes_on = step()
      ended = value == nil or goes_on == false
      return value
    end
  end
end

local operations = {
  map = ending(function(next, f)
    return function()
      local value = next()
      if value ~= nil then return f(value), true end
    end
  end),
  filter = ending(function(next, accepts)
    return function()
      for value in next do
        if accepts(value) then return value end
      end
    end
  end),
  aggregate = ending(function(next, initial, f)
    -- A number of 1000 or more is passed on at once, and the aggregate starts again.
    local LIMIT = 1000
    return function()
      local total = copy_of(initial)
      for value in next do
        total = f(total, value)
        if type(total) == 'number' and total >= LIMIT then return total, true end
      end
      return total, false
    end
  end),
  reduce = ending(function(next, f)
    return function()
      local total = next()
      if total ~= nil then
        for value in next do total = f(total, value) end
      end
      return total, false
    end
  end),
}

local Stream = {}
Stream.__index = Stream

for name, operation in pairs(operations) do
  Stream[name] = function(self, ...)
    -- The client executes what comes after the first reduce: it has the values of the other nodes.
    if not self.is_reduced then self[#self + 1] = { apply = operation, arguments = { ... } } end
    self.is_reduced = self.is_reduced or name == 'reduce'
    return self
  end
end

function Stream:groupby(key_of)
  local function add(groups, value)
    local key = key_of and key_of(value) or nil
    local group = groups[key] or list()
    list.append(group, value)
    groups[key] = group
    return groups
  end
  return self:aggregate(map(), add):reduce(function(first, second) return map.merge(first, second, list.merge) end)
end

-- The server calls a script by the name of the function.

function host.apply_record(name, ...)
  local f = _G[name]
  if f == nil then return false, 'function not found' end
  return pcall(f, ...)
end

function host.apply_stream(name, next, write, ...)
  local f = _G[name]
  if f == nil then return false, 'function not found' end
  return pcall(function(...)
    local stream = f(raw.setmetatable({}, Stream), ...)
    for _, stage in ipairs(stream) do next = stage.apply(next, unpack(stage.arguments)) end
    for value in next do write(value) end
  end, ...)
end

function host.load(name) return pcall(require, name) end

function host.run(chunk) return pcall(chunk) end
