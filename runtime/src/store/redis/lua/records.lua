-- Shared by the scripts of named records, behind lib.lua and side.lua. A record is `<version> <expiry in milliseconds, 0: never> <value>`.

local function nowMilliseconds() return math.floor(nowMicroseconds() / 1000) end

-- As text; '0': there is none, or it has expired.
local function recordVersion(kind, id)
  local version, expiry = string.match(redis.call('HGET', P .. 'rec:' .. kind, id) or '', '^(%d+) (%d+) ')
  if not version or (expiry ~= '0' and tonumber(expiry) <= nowMilliseconds()) then return '0' end
  return version
end

-- About what a record takes beside its texts, of which the id stands in up to three keys.
local RECORD_BYTES = 300
local function recordBytes(id, stored) return stored and RECORD_BYTES + 3 * #id + #stored or 0 end

-- What was written while the server was full, in `side`, is given back when it goes.
local function countRecord(kind, bytes)
  if bytes == 0 then return end
  redis.call('HINCRBY', P .. 'side', (redis.call('HEXISTS', P .. 'side', 'x:' .. kind) == 1 and 'x:' or 'r:') .. kind, string.format('%d', bytes))
  local past = bytes < 0 and tonumber(redis.call('HGET', P .. 'side', 'past') or '0') or 0
  if past > 0 then redis.call('HSET', P .. 'side', 'past', string.format('%d', math.max(0, past + bytes))) end
end

-- How many records of the kind somebody has. `owner` empty: it is nobody's any more.
local function ownRecord(kind, id, owner)
  local before = redis.call('HGET', P .. 'reco:' .. kind, id)
  if before == owner or (not before and owner == '') then return end
  if before and redis.call('HINCRBY', P .. 'recn:' .. kind, before, -1) <= 0 then redis.call('HDEL', P .. 'recn:' .. kind, before) end
  if owner == '' then
    redis.call('HDEL', P .. 'reco:' .. kind, id)
  else
    redis.call('HSET', P .. 'reco:' .. kind, id, owner)
    redis.call('HINCRBY', P .. 'recn:' .. kind, owner, 1)
  end
end

local function mayOwn(kind, id, owner, most)
  return owner == '' or redis.call('HGET', P .. 'reco:' .. kind, id) == owner or tonumber(redis.call('HGET', P .. 'recn:' .. kind, owner) or '0') < most
end

-- The bytes that it took.
local function dropRecord(kind, id)
  local bytes = recordBytes(id, redis.call('HGET', P .. 'rec:' .. kind, id))
  redis.call('HDEL', P .. 'rec:' .. kind, id)
  redis.call('ZREM', P .. 'recz:' .. kind, id)
  redis.call('ZREM', P .. 'recx', kind .. ':' .. id)
  ownRecord(kind, id, '')
  countRecord(kind, -bytes)
  return bytes
end

-- Drops records that may go before their time, those first that expire first, until so many bytes are free. Answers how many are.
local function dropExpendable(bytes, most)
  local freed = 0
  if bytes <= 0 then return freed end
  for _, member in ipairs(redis.call('ZRANGE', P .. 'recx', 0, most - 1)) do
    if freed >= bytes then break end
    local kind, id = string.match(member, '^([^:]*):(.*)$')
    if redis.call('HEXISTS', P .. 'side', 'x:' .. kind) == 1 then freed = freed + dropRecord(kind, id) end
  end
  return freed
end

-- Set by reserve.lua, where that stands in between.
local takeReserve

local function ringRecord(kind, id, revision)
  ring('kind', 'records', 'recordKind', kind, 'id', id, 'revision', string.format('%.0f', revision))
end
