-- Shared by every script that touches sessions or filters; put in front of them. KEYS[1] is the prefix `{storage}:`, so
-- that all keys fall into its slot and under its user's key pattern.
local P = KEYS[1]

local function sessionKey(client) return P .. 's:' .. client end

-- A subscription as kept in the session, field `f:<filter>`: "<qos> <since> <indexed 0|1> <wildcard id, 0: exact> <bucket> <log>".
local function parseSubscription(text)
  local qos, since, indexed, wid, bucket, log = string.match(text, '^(%d) (%d+) (%d) (%d+) (%d+) (.*)$')
  return { qos = qos, since = since, indexed = indexed == '1', wid = wid, bucket = bucket, log = log }
end

-- Shares (`$share/<name>/<filter>`) stand among the wildcard filters, exact ones too; their index is their queue.
local function isShare(filter) return string.sub(filter, 1, 7) == '$share/' end

local function wildcardOf(field)
  return string.match(redis.call('HGET', P .. 'wf', field) or '', '^(%d+) ')
end

-- Name of the index without the prefix; the members of `ixk:<log>`.
local function indexName(log, filter, wid)
  if wid ~= '0' then return 'wx:' .. wid end
  return 'ix:' .. log .. ':' .. filter
end

-- The epoch of the wildcard set moves only here: each move has exactly one entry in the delta list.
local function moveWildcards(sign, wid, field)
  local epoch = redis.call('INCR', P .. 'wfe')
  if sign == '+' then wid = string.format('%.0f', epoch) end
  redis.call('RPUSH', P .. 'wfd', sign .. wid .. ' ' .. field)
  redis.call('LTRIM', P .. 'wfd', -64, -1)
  return wid
end

-- One more holder of a filter. Answers the wildcard id, '0' for an exact filter.
local function acquire(log, filter, wildcard, bucket)
  local field = log .. ':' .. filter
  if not wildcard then
    redis.call('HINCRBY', P .. 'xf:' .. bucket, field, 1)
    return '0'
  end
  local known = redis.call('HGET', P .. 'wf', field)
  if known then
    local wid, count = string.match(known, '^(%d+) (%d+)$')
    redis.call('HSET', P .. 'wf', field, wid .. ' ' .. string.format('%.0f', count + 1))
    return wid
  end
  local wid = moveWildcards('+', nil, field)
  redis.call('HSET', P .. 'wf', field, wid .. ' 1')
  return wid
end

-- One holder less; the last one takes the index along.
local function release(filter, sub)
  if not sub.indexed then return end
  local field = sub.log .. ':' .. filter
  if sub.wid == '0' then
    local key = P .. 'xf:' .. sub.bucket
    if redis.call('HINCRBY', key, field, -1) > 0 then return end
    redis.call('HDEL', key, field)
  else
    local known = redis.call('HGET', P .. 'wf', field)
    local wid, count = string.match(known or '', '^(%d+) (%d+)$')
    if wid ~= sub.wid then return end
    if tonumber(count) > 1 then
      redis.call('HSET', P .. 'wf', field, wid .. ' ' .. string.format('%.0f', count - 1))
      return
    end
    redis.call('HDEL', P .. 'wf', field)
    moveWildcards('-', wid, field)
  end
  local name = indexName(sub.log, filter, sub.wid)
  redis.call('UNLINK', P .. name)
  redis.call('ZREM', P .. 'ixk:' .. sub.log, name)
  redis.call('HDEL', P .. 'gap', name)
  if isShare(filter) then
    for _, gateway in ipairs(redis.call('SMEMBERS', P .. 'sg:' .. sub.wid)) do
      redis.call('UNLINK', P .. 'sc:' .. sub.wid .. ':' .. gateway)
      redis.call('SREM', P .. 'gc:' .. gateway, field)
    end
    redis.call('UNLINK', P .. 'sg:' .. sub.wid, P .. 'sb:' .. sub.wid)
  end
end

-- Holders of a log's wildcard filters (L4), whatever their QoS and session. False: a further filter would pass the bound.
local function countWildcard(log, filter, bound)
  if not string.find(filter, '[+#]') then return true end
  local key = P .. 'wc:' .. log
  if bound ~= '' and redis.call('HLEN', key) >= tonumber(bound) and redis.call('HEXISTS', key, filter) == 0 then return false end
  redis.call('HINCRBY', key, filter, 1)
  return true
end

local function uncountWildcard(log, filter)
  if not string.find(filter, '[+#]') then return end
  local key = P .. 'wc:' .. log
  if redis.call('HINCRBY', key, filter, -1) <= 0 then redis.call('HDEL', key, filter) end
end

local function dropSubscription(filter, sub)
  release(filter, sub)
  uncountWildcard(sub.log, filter)
end

-- Subscriptions that all sessions hold (E5), with or without a connection.
local function countSubscriptions(change)
  if change == 0 then return end
  local total = (redis.call('GET', P .. 'subs') or 0) + change
  -- below 0: those of sessions that are older than this count were never added
  if total > 0 then redis.call('SET', P .. 'subs', total) else redis.call('UNLINK', P .. 'subs') end
end

-- Sessions that a gateway holds, and how many: those that have a connection (E5).
local function own(client, gateway)
  if redis.call('SADD', P .. 'gs:' .. gateway, client) == 1 then redis.call('HINCRBY', P .. 'own', gateway, 1) end
end

local function disown(client, gateway)
  if redis.call('SREM', P .. 'gs:' .. gateway, client) == 0 then return end
  -- with the last one the count begins anew: gateways of a version that knew none take sessions over without it
  local left = redis.call('HINCRBY', P .. 'own', gateway, -1)
  if left <= 0 or redis.call('EXISTS', P .. 'gs:' .. gateway) == 0 then redis.call('HDEL', P .. 'own', gateway) end
end

local function connections()
  local total, held = 0, redis.call('HGETALL', P .. 'own')
  for i = 2, #held, 2 do total = total + held[i] end
  return total
end

-- The session with its subscriptions, counts, P2P index, packet ids and will.
local function dropSession(client)
  local key = sessionKey(client)
  local fields = redis.call('HGETALL', key)
  local held = 0
  for i = 1, #fields, 2 do
    local name = fields[i]
    if string.sub(name, 1, 2) == 'f:' then
      dropSubscription(string.sub(name, 3), parseSubscription(fields[i + 1]))
      held = held + 1
    elseif name == 'owner' and fields[i + 1] ~= '' then
      disown(client, fields[i + 1])
    end
  end
  countSubscriptions(-held)
  redis.call('UNLINK', key, P .. 'px:' .. client, P .. 'q2:' .. client, P .. 'w:' .. client)
  redis.call('HDEL', P .. 'gap', 'px:' .. client)
  redis.call('ZREM', P .. 'ixp', client)
  redis.call('ZREM', P .. 'exp', client)
end

local function nowMicroseconds()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- One counter for all sessions, so an epoch never comes again, even after the session was deleted. It follows the clock, so none
-- comes again either that a store has given out and forgotten, because it came back with an older state.
local function nextEpoch()
  local epoch = string.format('%.0f', math.max(tonumber(redis.call('GET', P .. 'epoch') or '0') + 1, nowMicroseconds()))
  redis.call('SET', P .. 'epoch', epoch)
  return epoch
end

-- A will (behind its epoch, as in `w:`) whose connection is gone: whoever fires it names that epoch, which never comes again.
local function oweWill(client, kept)
  if not kept then return end
  redis.call('HSET', P .. 'ow', string.format('%.0f', (struct.unpack('>d', kept))), struct.pack('>Hc0', #client, client) .. string.sub(kept, 9))
end

-- A persistent session without a connection; its retention starts now.
local function detachSession(client, owner)
  redis.call('UNLINK', P .. 'w:' .. client)
  redis.call('HSET', sessionKey(client), 'owner', '')
  disown(client, owner)
  redis.call('ZADD', P .. 'exp', nowMicroseconds(), client)
end

-- The doorbell: notices to all gateways.
local function ring(...)
  redis.call('XADD', P .. 'bell', 'MAXLEN', '~', 1000, '*', ...)
end

-- A gateway that never said that it is there is not dead: it has no lease that could run out.
local function isDead(gateway)
  return redis.call('EXISTS', P .. 'gw:' .. gateway) == 0 and redis.call('ZSCORE', P .. 'gws', gateway) ~= false
end

-- What a gateway had claimed of a share (field of `wf`) waits for the next claim.
local function giveBack(gateway, field)
  redis.call('SREM', P .. 'gc:' .. gateway, field)
  local wid = wildcardOf(field)
  if not wid then return end
  local claims, back = P .. 'sc:' .. wid .. ':' .. gateway, P .. 'sb:' .. wid
  redis.call('ZUNIONSTORE', back, 2, back, claims)
  redis.call('UNLINK', claims)
  redis.call('SREM', P .. 'sg:' .. wid, gateway)
end

-- Makes claimed messages a session's own: `args` has from `from` on, for each, field of the share in `wf`, gateway, id, and the
-- id as `progress.ts` writes it. False: a claim has ended and the session does not have its message; nothing was done.
local function takeClaims(client, args, from, count)
  local last = from + 4 * (count - 1)
  local mine
  for i = from, last, 4 do
    local wid = wildcardOf(args[i])
    if wid and not redis.call('ZSCORE', P .. 'sc:' .. wid .. ':' .. args[i + 1], args[i + 2]) then
      -- asked again after a lost answer
      mine = mine or redis.call('HGET', sessionKey(client), 'inflight') or ''
      -- with the flag APART of `progress.ts`: the copy of a filter of its own is another
      if not string.find(mine, ':' .. args[i + 3] .. ':%d:[23]:') then return false end
    end
  end
  for i = from, last, 4 do
    local wid = wildcardOf(args[i])
    if wid then redis.call('ZREM', P .. 'sc:' .. wid .. ':' .. args[i + 1], args[i + 2]) end
  end
  return true
end

local function ringShare(field)
  local log, name, filter = string.match(field, '^([^:]*):%$share/([^/]+)/(.*)$')
  ring('kind', 'share', 'log', log, 'name', name, 'filter', filter)
end

-- How many entries at the head of an index, whose entries begin with an id, are at or below `id`. LINDEX walks the list's
-- nodes from the nearer end, some hundreds of entries each.
local function countUpTo(key, id)
  local function idAt(position) return tonumber(string.match(redis.call('LINDEX', key, position), '^%d+')) end
  local low, high = 0, redis.call('LLEN', key)
  if high == 0 or idAt(0) > id then return 0 end
  while low < high do
    local middle = math.floor((low + high) / 2)
    if idAt(middle) > id then high = middle else low = middle + 1 end
  end
  return low
end

local function fenced(client, epoch)
  return redis.call('HGET', sessionKey(client), 'epoch') ~= epoch
end

local function fencedReply(client, epoch)
  return redis.error_reply('FENCED session of ' .. client .. ' is no longer at epoch ' .. epoch)
end
