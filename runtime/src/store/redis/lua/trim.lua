-- Removes messages beyond age or count, oldest first over all logs, then the head of indexes that only list removed ones.
--
-- ARGV     retention in microseconds, cap on messages, how many at most, indexes at most
-- result   messages removed
local limit = tonumber(ARGV[3])
local horizon = nowMicroseconds() - tonumber(ARGV[1])
local PAGE = 20

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
  if removed >= excess and id > horizon then break end
  removed, floor, oldest.last = removed + 1, id, entry[1]
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'payload' then oldest.bytes = oldest.bytes + #entry[2][i + 1] end
  end
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

local function trimIndexes(listKey, keyOf, count)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', P .. listKey, '-inf', floor, 'LIMIT', 0, count)) do
    local key = P .. keyOf(member)
    local low, high = 0, redis.call('LLEN', key)
    while low < high do
      local middle = math.floor((low + high) / 2)
      if tonumber(string.match(redis.call('LINDEX', key, middle), '^%d+')) > floor then high = middle else low = middle + 1 end
    end
    redis.call('LTRIM', key, low, -1)
    local head = redis.call('LINDEX', key, 0)
    if head then redis.call('ZADD', P .. listKey, string.match(head, '^%d+'), member) else redis.call('ZREM', P .. listKey, member) end
  end
end
local share = math.max(1, math.floor(tonumber(ARGV[4]) / (#readers + 1)))
for _, reader in ipairs(readers) do trimIndexes('ixk:' .. reader.log, function(name) return name end, share) end
trimIndexes('ixp', function(client) return 'px:' .. client end, share)

return removed
