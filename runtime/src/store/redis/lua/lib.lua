-- Shared by every script that touches sessions or filters; put in front of them. KEYS[1] is the prefix `{storage}:`, so
-- that all keys fall into its slot and under its user's key pattern.
local P = KEYS[1]

local function sessionKey(client) return P .. 's:' .. client end

-- A subscription as kept in the session, field `f:<filter>`: "<qos> <since> <indexed 0|1> <wildcard id, 0: exact> <bucket> <log>".
local function parseSubscription(text)
  local qos, since, indexed, wid, bucket, log = string.match(text, '^(%d) (%d+) (%d) (%d+) (%d+) (.*)$')
  return { qos = qos, since = since, indexed = indexed == '1', wid = wid, bucket = bucket, log = log }
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
end

-- The session with its subscriptions, counts, P2P index and packet ids.
local function dropSession(client)
  local key = sessionKey(client)
  local fields = redis.call('HGETALL', key)
  for i = 1, #fields, 2 do
    local name = fields[i]
    if string.sub(name, 1, 2) == 'f:' then
      release(string.sub(name, 3), parseSubscription(fields[i + 1]))
    elseif name == 'owner' and fields[i + 1] ~= '' then
      redis.call('SREM', P .. 'gs:' .. fields[i + 1], client)
    end
  end
  redis.call('UNLINK', key, P .. 'px:' .. client, P .. 'q2:' .. client)
  redis.call('ZREM', P .. 'ixp', client)
  redis.call('ZREM', P .. 'exp', client)
end

local function nowMicroseconds()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- A persistent session without a connection; its retention starts now.
local function detachSession(client, owner)
  redis.call('HSET', sessionKey(client), 'owner', '')
  redis.call('SREM', P .. 'gs:' .. owner, client)
  redis.call('ZADD', P .. 'exp', nowMicroseconds(), client)
end

local function fenced(client, epoch)
  return redis.call('HGET', sessionKey(client), 'epoch') ~= epoch
end

local function fencedReply(client, epoch)
  return redis.error_reply('FENCED session of ' .. client .. ' is no longer at epoch ' .. epoch)
end
