-- The workloads as Tarantool does them: within the instance, in Lua, as its users write them. The bench says a line and
-- gets a line: a number, or what went wrong.
local clock = require('clock')
local ffi = require('ffi')
local fiber = require('fiber')

local folder, wal_mode, count = arg[1], arg[2], tonumber(arg[3])
local KEY_SIZE, VALUE_SIZE, A_TXN = 16, 100, 1000

local function mix(seed)
  local z = seed + 0x9e3779b97f4a7c15ULL
  z = bit.bxor(z, bit.rshift(z, 30)) * 0xbf58476d1ce4e5b9ULL
  z = bit.bxor(z, bit.rshift(z, 27)) * 0x94d049bb133111ebULL
  return bit.bxor(z, bit.rshift(z, 31))
end

local keys, values, at = {}, {}, 0
local function make_data()
  local bytes = ffi.new('uint64_t[2]')
  for i = 1, count do
    bytes[0], bytes[1] = mix(ffi.cast('uint64_t', i)), mix(ffi.cast('uint64_t', -i))
    keys[i] = ffi.string(bytes, KEY_SIZE)
  end
  for i = 1, 64 do values[i] = string.rep(string.char(64 + i % 64), VALUE_SIZE) end
end

local function next_key()
  at = at % count + 1
  return keys[at]
end

local function configure()
  local started = clock.monotonic()
  box.cfg{
    work_dir = folder, wal_mode = wal_mode, log = 'tarantool.log', checkpoint_interval = 0,
    memtx_memory = math.max(256 * 1024 * 1024, count * 1024),
  }
  return clock.monotonic() - started
end

local function space()
  local s = box.schema.space.create('e', {if_not_exists = true})
  s:create_index('pk', {parts = {{1, 'string'}}, if_not_exists = true})
  return s
end

local commands = {}

-- Seconds that bringing the instance up took: loading a snapshot, replaying xlogs.
function commands.open() return configure() end

function commands.fill()
  local s = space()
  for i = 1, count, A_TXN do
    box.begin()
    for k = i, math.min(count, i + A_TXN - 1) do s:replace{keys[k], values[k % 64 + 1]} end
    box.commit()
  end
  return 0
end

-- As fill, a command an entry.
function commands.fill_singly()
  local s, done = space(), fiber.channel(64)
  local from = 0
  for _ = 1, 64 do
    fiber.create(function()
      while from < count do
        from = from + 1
        s:replace{keys[from], values[from % 64 + 1]}
      end
      done:put(true)
    end)
  end
  for _ = 1, 64 do done:get() end
  return 0
end

local function repeat_for(seconds, some)
  local done, started, now = 0, clock.monotonic()
  repeat
    done = done + some()
    now = clock.monotonic()
  until now >= started + seconds
  return done / (now - started)
end

function commands.get(seconds)
  local index = space().index.pk
  return repeat_for(seconds, function()
    for _ = 1, 100 do index:get(next_key()) end
    return 100
  end)
end

function commands.scan(seconds)
  local s = space()
  return repeat_for(seconds, function()
    local seen = 0
    for _, tuple in s:pairs() do seen = seen + #tuple[2] / VALUE_SIZE end
    return seen
  end)
end

-- So many fibers, each committing one entry after another.
function commands.commit(seconds, fibers)
  local s, done, ended = space(), 0, fiber.channel(fibers)
  local started = clock.monotonic()
  for _ = 1, fibers do
    fiber.create(function()
      while clock.monotonic() < started + seconds do
        s:replace{next_key(), values[done % 64 + 1]}
        done = done + 1
      end
      ended:put(true)
    end)
  end
  for _ = 1, fibers do ended:get() end
  return done / (clock.monotonic() - started)
end

-- Seconds.
function commands.snapshot()
  space():replace{next_key(), values[at % 64 + 1]}
  local started = clock.monotonic()
  box.snapshot()
  return clock.monotonic() - started
end

make_data()
for line in io.stdin:lines() do
  local name, first, second = line:match('^(%S+)%s*(%S*)%s*(%S*)$')
  local fine, answer = pcall(commands[name], tonumber(first), tonumber(second))
  io.stdout:write(fine and string.format('%.9g', answer) or 'failed: ' .. tostring(answer):gsub('\n', ' '), '\n')
  io.stdout:flush()
end
os.exit(0)
