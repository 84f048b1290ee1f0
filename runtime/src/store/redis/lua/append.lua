-- Stores a batch: message, index entries, queue entries of shares and retained message of each in one step.
--
-- KEYS[1]  prefix `{storage}:`
-- ARGV[1]  gateway incarnation      ARGV[2]  number of the batch      ARGV[3]  highest id that the gateway has seen
-- ARGV[4]  epoch of the gateway's copy of the wildcard filters
-- ARGV[5]  the messages, one after the other, big-endian, framed by append-frame.ts:
--          flags u16 (1, 2: QoS; 4: clean session; 8: retain; 16: fenced by epoch; 32: QoS 2 packet id; 64: sent anew; 128: P2P;
--          256: fires a will; 512: moves an inbox entry),
--          epoch f64, packet id u16, bucket u16, then with their lengths: log u8, topic u16, client u16, P2P target u16,
--          ids of matching wildcards and shares (u32 each; at QoS 0 of shares only) u16, payload u32; with flag 256: epoch of
--          the will f64, its client u16; with flag 512: id of the entry u8
-- ARGV[6]  how many messages
-- ARGV[7]  bytes that the messages of this storage may take, 0: as many as the server has
-- ARGV[8]  name among `tails` of the process that appends, empty for none: it tells its own tails, so that only others are woken
-- ARGV[9]  1: only behind the batch before
-- result   {reply, wildcard epoch, delta entry…}; reply: first id f64 (message i has first + i), highest id before f64, a status byte a message
--          (0 stored, 1 duplicate, 2 fenced, 3 full, 4 rejected, 5 the inbox entry is gone), ids of the duplicates f64 each, error text of the last rejected
-- errors   STALE wildcards: more changed than the delta list holds; nothing was done
--          EARLY: the batch before was not stored; nothing was done
--          OVERTAKEN: a later batch of this gateway was stored already; nothing was done
--
-- Numbers become text by `%d`, never by themselves: Lua and Redis would go through the slow conversion of fractions.
-- Lua has no rollback: the first write is the one that meets a full store, and a log that cannot be written is found
-- before anything else of its message is.
local P = KEYS[1]
local gateway, batch, count = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[6])

-- The last two batches are remembered, because two may be under way.
local batchKey, otherKey = P .. 'b:' .. gateway .. ':' .. batch % 2, P .. 'b:' .. gateway .. ':' .. (batch + 1) % 2
local remembered = redis.call('GET', batchKey)
local number, position
if remembered then
  number, position = struct.unpack('>d', remembered)
  if number == batch then return { string.sub(remembered, position), ARGV[4] } end
end
local other = redis.call('GETRANGE', otherKey, 0, 7)
other = #other == 8 and struct.unpack('>d', other) or 0
if math.max(number or 0, other) > batch then
  return redis.error_reply('OVERTAKEN batch ' .. ARGV[2] .. ' comes after batch ' .. string.format('%d', math.max(number or 0, other)))
end
if ARGV[9] == '1' and other ~= batch - 1 then return redis.error_reply('EARLY batch ' .. ARGV[2]) end

local result = { '', redis.call('GET', P .. 'wfe') or '0' }
local added, removed = {}, {}
local behind = tonumber(result[2]) - tonumber(ARGV[4])
if behind ~= 0 then
  local delta = behind > 0 and behind <= 64 and redis.call('LRANGE', P .. 'wfd', -behind, -1) or {}
  if #delta ~= behind then return redis.error_reply('STALE wildcards') end
  for i, entry in ipairs(delta) do
    local sign, wid, log, filter = string.match(entry, '^([+-])(%d+) ([^:]*):(.*)$')
    if sign == '+' then added[#added + 1] = { wid = wid, log = log, filter = filter } else removed[wid] = true end
    result[i + 2] = entry
  end
end

local function levels(name)
  local list, from = {}, 1
  while true do
    local slash = string.find(name, '/', from, true)
    list[#list + 1] = string.sub(name, from, (slash or 0) - 1)
    if not slash then return list end
    from = slash + 1
  end
end

-- MQTT 3.1.1, 4.7, for the filters that the gateway does not know yet.
local function matches(filter, topic)
  local f, t = levels(filter), levels(topic)
  if string.sub(t[1], 1, 1) == '$' and (f[1] == '+' or f[1] == '#') then return false end
  for i, level in ipairs(f) do
    if level == '#' then return true end
    if not t[i] or (level ~= '+' and level ~= t[i]) then return false end
  end
  return #f == #t
end

local time = redis.call('TIME')
-- About what an entry takes beside its payload: names are packed, the topic stands in it once or twice.
local ENTRY_BYTES = 200
local function overLimit(limit)
  if limit == 0 then return false end
  local used, sums = 0, redis.call('HGETALL', P .. 'bytes')
  for i = 1, #sums, 2 do used = used + sums[i + 1] + ENTRY_BYTES * redis.call('XLEN', P .. 'log:' .. sums[i]) end
  return used >= limit
end

local before = tonumber(redis.call('GET', P .. 'last') or '0')
local first = math.max(time[1] * 1000000 + time[2], before + 1, tonumber(ARGV[3]) + 1)
local full = overLimit(tonumber(ARGV[7]))
if count > 0 and not full then
  local probe = redis.pcall('SET', P .. 'last', string.format('%d', first + count - 1))
  if probe.err then
    if not string.find(probe.err, 'OOM', 1, true) then return probe end
    full = true
  end
end
-- No id is given out: the highest of this batch is the one before it, so that no tail goes beyond what is stored.
if full then first = before + 1 - count end

local epochs, persistent, bytes = {}, {}, {}
local statuses, duplicates, lastError = {}, {}, ''

-- Index entries wait for the end of the batch: one command an index, not one a message.
local pushes, pushed = {}, {}
local function push(key, value, listKey, member, id)
  local list = pushes[key]
  if not list then
    list = { listKey = listKey, member = member, first = id }
    pushes[key], pushed[#pushed + 1] = list, key
  end
  list[#list + 1] = value
end

-- `unpack` puts a list onto the stack of Lua, which holds some thousands.
local PUSH_STEP = 1000
local function pushAll()
  for _, key in ipairs(pushed) do
    local list = pushes[key]
    local length
    for from = 1, #list, PUSH_STEP do
      length = redis.call('RPUSH', P .. key, unpack(list, from, math.min(from + PUSH_STEP - 1, #list)))
    end
    if length == #list then redis.call('ZADD', P .. list.listKey, list.first, list.member) end
  end
end

-- The share's name is no part of what is matched.
for _, new in ipairs(added) do
  local filter = string.match(new.filter, '^%$share/[^/]+/(.*)$')
  if filter then new.share, new.filter = true, filter end
end

-- What a backend service wrote says so.
local FROM_INBOX, NOTHING = { 'origin', 'storage' }, {}
local QOS = { [0] = '0', '1', '2' }
local bucketKeys, held = {}, {}

local position = 1
for i = 1, count do
  local flags, epoch, packet, bucket, log, topic, client, target, wild, payload
  flags, epoch, packet, bucket, log, topic, client, target, wild, payload, position =
    struct.unpack('>HdHHBc0Hc0Hc0Hc0Hc0I4c0', ARGV[5], position)
  local willEpoch, willClient, entry
  if bit.band(flags, 256) ~= 0 then willEpoch, willClient, position = struct.unpack('>c8Hc0', ARGV[5], position) end
  if bit.band(flags, 512) ~= 0 then entry, position = struct.unpack('>Bc0', ARGV[5], position) end
  local qos = bit.band(flags, 3)
  local packetId = bit.band(flags, 32) ~= 0 and string.format('%d', packet)
  local status = 0

  if bit.band(flags, 16) ~= 0 then
    local current = epochs[client]
    if current == nil then
      current = tonumber(redis.call('HGET', P .. 's:' .. client, 'epoch') or '-1')
      epochs[client] = current
    end
    if current ~= epoch then status = 2 end
  end

  if status == 0 and bit.band(flags, 96) == 32 then
    local before = redis.call('HGET', P .. 'q2:' .. client, packetId)
    if before then
      status = 1
      duplicates[#duplicates + 1] = struct.pack('>d', tonumber(before))
    end
  end

  -- A will is kept behind the epoch of its connection, and under it when it is owed.
  local owed
  if status == 0 and willClient and redis.call('GETRANGE', P .. 'w:' .. willClient, 0, 7) ~= willEpoch then
    owed = string.format('%.0f', (struct.unpack('>d', willEpoch)))
    if redis.call('HEXISTS', P .. 'ow', owed) == 0 then status = 2 end
  end

  if status == 0 and full then status = 3 end

  if status == 0 and entry then
    local waiting = redis.pcall('XRANGE', P .. 'in:' .. log, entry, entry)
    if waiting.err or #waiting == 0 then status = 5 end
  end

  if status == 0 then
    local id = string.format('%d', first + i - 1)
    local slash = string.find(topic, '/', 1, true)
    local stored = redis.pcall('XADD', P .. 'log:' .. log, id .. '-0',
      'payload', payload, 'qoslevel', QOS[qos], 'cleansessionflag', bit.band(flags, 4) ~= 0 and 'true' or 'false',
      'mqttSecondTopic', slash and string.sub(topic, slash) or '', 'mqttRealTopic', topic, 'clientId', client, unpack(entry and FROM_INBOX or NOTHING))
    if type(stored) == 'table' and stored.err then
      status = 4
      lastError = stored.err
    else
      bytes[log] = (bytes[log] or 0) + #payload
      if owed then redis.call('HDEL', P .. 'ow', owed) elseif willClient then redis.call('UNLINK', P .. 'w:' .. willClient) end
      if entry then redis.call('XDEL', P .. 'in:' .. log, entry) end
      if packetId then redis.call('HSET', P .. 'q2:' .. client, packetId, id) end
      local toOne = bit.band(flags, 128) ~= 0
      if toOne and qos > 0 then
        if persistent[target] == nil then persistent[target] = redis.call('HGET', P .. 's:' .. target, 'clean') == '0' end
        if persistent[target] then push('px:' .. target, id .. ':' .. log, 'ixp', target, id) end
      elseif not toOne then
        local bucketKey = bucketKeys[bucket]
        if not bucketKey then
          bucketKey = P .. 'xf:' .. string.format('%d', bucket)
          bucketKeys[bucket] = bucketKey
        end
        local field = log .. ':' .. topic
        if qos > 0 and held[field] == nil then held[field] = redis.call('HEXISTS', bucketKey, field) == 1 end
        if qos > 0 and held[field] then
          local name = 'ix:' .. field
          push(name, id, 'ixk:' .. log, name, id)
        end
        for at = 1, #wild, 4 do
          local wid = string.format('%d', (struct.unpack('>I4', wild, at)))
          if not removed[wid] then push('wx:' .. wid, id, 'ixk:' .. log, 'wx:' .. wid, id) end
        end
        for _, new in ipairs(added) do
          if new.log == log and (qos > 0 or new.share) and not removed[new.wid] and matches(new.filter, topic) then
            push('wx:' .. new.wid, id, 'ixk:' .. log, 'wx:' .. new.wid, id)
          end
        end
      end
      if bit.band(flags, 8) ~= 0 and not toOne then
        if payload == '' then
          redis.call('HDEL', P .. 'ret', topic)
          redis.call('ZREM', P .. 'retn', topic)
        else
          redis.call('HSET', P .. 'ret', topic,
            struct.pack('>dBBc0Hc0', first + i - 1, bit.band(flags, 7), #log, log, #client, client) .. payload)
          redis.call('ZADD', P .. 'retn', 0, topic)
        end
      end
    end
  end
  statuses[i] = string.char(status)
end

pushAll()
for log, sum in pairs(bytes) do redis.call('HINCRBY', P .. 'bytes', log, sum) end
-- Where nothing was stored, whatever was woken would find nothing.
local others = next(bytes) and redis.call('ZCARD', P .. 'tails') or 0
if others > 0 and ARGV[8] ~= '' and redis.call('ZSCORE', P .. 'tails', ARGV[8]) then others = others - 1 end
if others > 0 then
  redis.pcall('XADD', P .. 'wake', 'MAXLEN', 1, string.format('%d-0', first + count - 1), 'gateway', gateway)
end
result[1] = struct.pack('>dd', first, before) .. table.concat(statuses) .. table.concat(duplicates) .. lastError
-- An hour outlives every re-send; a gateway that died leaves nothing for longer.
if not full then redis.call('SET', batchKey, struct.pack('>d', batch) .. result[1], 'EX', 3600) end
return result
