-- Removes messages beyond age, count or bytes, oldest first over all logs, then the head of indexes that only list removed ones.
--
-- ARGV     retention in microseconds, cap on messages, how many at most, indexes at most, bytes to free
-- result   {messages removed, about how many bytes that freed, indexes looked at}
local limit = tonumber(ARGV[3])
local horizon = nowMicroseconds() - tonumber(ARGV[1])
local PAGE = 20
local ENTRY_BYTES = 200 -- as in append.lua

local function idOf(entry) return tonumber(string.match(entry[1], '^%d+')) end

-- A reader a log: the page it stands in and the next entry of it.
local total, readers = 0, {}
local function load(reader, from)
  reader.page = redis.call('XRANGE', reader.key, from, '+', 'COUNT', PAGE)
  reader.at = 1
end
for _, log in ipairs(redis.call('HKEYS', P .. 'bytes')) do
  local reader = { log = log, key = P .. 'log:' .. log, bytes = 0 }
  total = total + redis.call('XLEN', reader.key)
  load(reader, '-')
  readers[#readers + 1] = reader
end
local excess = total - tonumber(ARGV[2])
local toFree = tonumber(ARGV[5])

local removed, floor = 0, nil
while removed < limit do
  local oldest
  for _, reader in ipairs(readers) do
    local entry = reader.page[reader.at]
    if entry and (not oldest or idOf(entry) < idOf(oldest.page[oldest.at])) then oldest = reader end
  end
  if not oldest then break end
  local entry = oldest.page[oldest.at]
  local id = idOf(entry)
  if removed >= excess and id > horizon and toFree <= 0 then break end
  removed, floor, oldest.last = removed + 1, id, entry[1]
  local size = 0
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'payload' then size = size + #entry[2][i + 1] end
  end
  oldest.bytes = oldest.bytes + size
  toFree = toFree - size - ENTRY_BYTES
  oldest.at = oldest.at + 1
  if oldest.at > PAGE then load(oldest, '(' .. entry[1]) end
end

for _, reader in ipairs(readers) do
  if reader.last then
    local next = reader.page[reader.at]
    if next then redis.call('XTRIM', reader.key, 'MINID', next[1]) else redis.call('XTRIM', reader.key, 'MAXLEN', 0) end
    redis.call('HINCRBY', P .. 'bytes', reader.log, -reader.bytes)
  end
end

if floor then redis.call('SET', P .. 'floor', string.format('%.0f', floor)) end
floor = tonumber(redis.call('GET', P .. 'floor') or '0')

-- Notes what an index lost, so that a session that comes back can count its gap: a few stretches, the older ones merged.
local STRETCHES = 8
local function noteGap(name, first, last, count)
  local stretches = {}
  for f, l, c in string.gmatch(redis.call('HGET', P .. 'gap', name) or '', '(%d+),(%d+),(%d+)') do stretches[#stretches + 1] = { f, l, c } end
  stretches[#stretches + 1] = { first, last, count }
  if #stretches > STRETCHES then
    local one, two = table.remove(stretches, 1), stretches[1]
    two[1], two[3] = one[1], string.format('%.0f', one[3] + two[3])
  end
  for i, stretch in ipairs(stretches) do stretches[i] = table.concat(stretch, ',') end
  redis.call('HSET', P .. 'gap', name, table.concat(stretches, ';'))
end

local function trimIndexes(listKey, nameOf, count)
  local members = redis.call('ZRANGEBYSCORE', P .. listKey, '-inf', floor, 'LIMIT', 0, count)
  for _, member in ipairs(members) do
    local name = nameOf(member)
    local key = P .. name
    local gone = countUpTo(key, floor)
    if gone > 0 then
      local function idAt(position) return string.match(redis.call('LINDEX', key, position), '^%d+') end
      noteGap(name, idAt(0), idAt(gone - 1), gone)
      redis.call('LTRIM', key, gone, -1)
    end
    local head = redis.call('LINDEX', key, 0)
    if head then redis.call('ZADD', P .. listKey, string.match(head, '^%d+'), member) else redis.call('ZREM', P .. listKey, member) end
  end
  return #members
end

-- The lists in turn until the work of this call is done, another one first each time, so that none waits for ever.
local left, lists = tonumber(ARGV[4]), #readers + 1
for i = 0, lists - 1 do
  if left == 0 then break end
  local reader = readers[(floor + i) % lists + 1]
  if reader then
    left = left - trimIndexes('ixk:' .. reader.log, function(name) return name end, left)
  else
    left = left - trimIndexes('ixp', function(client) return 'px:' .. client end, left)
  end
end

return { removed, tonumber(ARGV[5]) - toFree, tonumber(ARGV[4]) - left }
