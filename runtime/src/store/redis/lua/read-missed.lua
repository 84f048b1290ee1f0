-- What a session missed, merged over its indexes, ascending by id.
--
-- ARGV     client, epoch, after, up to, limit, 1: which messages only
-- result   {continue after this id, complete 0|1, how many of this page were removed, granted QoS (3: P2P, as published), log,
--          entry as XRANGE gives it, …}; or, which messages only: {…, id f64, granted QoS u8, number of the log u8 each, log 0, log 1, …}
-- errors   FENCED
local client, epoch = ARGV[1], ARGV[2]
if fenced(client, epoch) then return fencedReply(client, epoch) end
local after, upTo, limit = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

local function idOf(entry) return tonumber(string.match(entry, '^%d+')) end

local floor = tonumber(redis.call('GET', P .. 'floor') or '0')
local granted, logs, ids, gaps = {}, {}, {}, {}
local function collect(name, from, qos, log)
  local key = P .. name
  if floor > from then
    -- What trimming took from this index: "<first id>,<last id>,<count>;…", see trim.lua.
    for first, last, count in string.gmatch(redis.call('HGET', P .. 'gap', name) or '', '(%d+),(%d+),(%d+)') do
      gaps[#gaps + 1] = { from = from, first = tonumber(first), last = tonumber(last), count = tonumber(count) }
    end
  end
  -- One more than the limit shows that there is more.
  local start = countUpTo(key, from)
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
    if sub.indexed and not isShare(string.sub(fields[i], 3)) then
      collect(indexName(sub.log, string.sub(fields[i], 3), sub.wid), math.max(after, tonumber(sub.since)), tonumber(sub.qos), sub.log)
    end
  end
end
collect('px:' .. client, after, 3, nil)

table.sort(ids)
local complete = #ids <= limit
local upToHere = complete and upTo or ids[limit]

-- A gap that begins before this page or ends behind it counts by its share of the time.
local removed = 0
for _, gap in ipairs(gaps) do
  local low, high = math.max(gap.from, gap.first - 1), math.min(upToHere, gap.last)
  if low < high then removed = removed + math.ceil(gap.count * (high - low) / (gap.last - gap.first + 1)) end
end

local result = { string.format('%d', upToHere), complete and 1 or 0, removed }
if ARGV[6] == '1' then
  local packed, numbers, names = {}, {}, 0
  for i = 1, math.min(#ids, limit) do
    local id = ids[i]
    local log = logs[id]
    if not numbers[log] then
      -- 256 logs are as many as a byte tells apart: the page ends before the next one
      if names == 256 then
        result[1], result[2] = string.format('%d', ids[i - 1]), 0
        break
      end
      numbers[log], names = names, names + 1
      result[names + 4] = log
    end
    packed[i] = struct.pack('>dBB', id, granted[id], numbers[log])
  end
  result[4] = table.concat(packed)
  return result
end
for i = 1, math.min(#ids, limit) do
  local id = ids[i]
  local entryId = string.format('%d-0', id)
  local entry = redis.call('XRANGE', P .. 'log:' .. logs[id], entryId, entryId)[1]
  if entry then
    result[#result + 1] = granted[id]
    result[#result + 1] = logs[id]
    result[#result + 1] = entry
  else
    result[3] = result[3] + 1
  end
end
return result
