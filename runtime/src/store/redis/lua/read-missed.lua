-- Ids of what a session missed, merged over its indexes, ascending.
--
-- ARGV     client, epoch, after, up to, limit
-- result   {complete 0|1, id, granted QoS (3: P2P, as published), log, …}
-- errors   FENCED
local client, epoch = ARGV[1], ARGV[2]
if fenced(client, epoch) then return fencedReply(client, epoch) end
local after, upTo, limit = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

local function idOf(entry) return tonumber(string.match(entry, '^%d+')) end

-- Position of the first entry above `id`. LINDEX walks the list's nodes from the nearer end, some hundreds of entries each.
local function firstAbove(key, id)
  local low, high = 0, redis.call('LLEN', key)
  if high == 0 or idOf(redis.call('LINDEX', key, 0)) > id then return 0 end
  while low < high do
    local middle = math.floor((low + high) / 2)
    if idOf(redis.call('LINDEX', key, middle)) > id then high = middle else low = middle + 1 end
  end
  return low
end

local granted, logs, ids = {}, {}, {}
local function collect(key, from, qos, log)
  -- One more than the limit shows that there is more.
  local start = firstAbove(key, from)
  for _, entry in ipairs(redis.call('LRANGE', key, start, start + limit)) do
    local id = idOf(entry)
    if id > upTo then break end
    if not granted[id] then
      ids[#ids + 1] = id
      logs[id] = log or string.match(entry, ':(.*)$')
      granted[id] = qos
    elseif granted[id] < qos then
      granted[id] = qos
    end
  end
end

local fields = redis.call('HGETALL', sessionKey(client))
for i = 1, #fields, 2 do
  if string.sub(fields[i], 1, 2) == 'f:' then
    local sub = parseSubscription(fields[i + 1])
    if sub.indexed then
      collect(P .. indexName(sub.log, string.sub(fields[i], 3), sub.wid), math.max(after, tonumber(sub.since)), tonumber(sub.qos), sub.log)
    end
  end
end
collect(P .. 'px:' .. client, after, 3, nil)

table.sort(ids)
local result = { #ids <= limit and 1 or 0 }
for i = 1, math.min(#ids, limit) do
  local id = ids[i]
  result[#result + 1] = string.format('%.0f', id)
  result[#result + 1] = granted[id]
  result[#result + 1] = logs[id]
end
return result
