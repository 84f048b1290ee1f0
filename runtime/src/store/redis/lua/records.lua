-- Shared by the scripts of named records, behind lib.lua. A record is `<version> <expiry in milliseconds, 0: never> <value>`.

local function nowMilliseconds() return math.floor(nowMicroseconds() / 1000) end

-- As text; '0': there is none, or it has expired.
local function recordVersion(kind, id)
  local version, expiry = string.match(redis.call('HGET', P .. 'rec:' .. kind, id) or '', '^(%d+) (%d+) ')
  if not version or (expiry ~= '0' and tonumber(expiry) <= nowMilliseconds()) then return '0' end
  return version
end

local function dropRecord(kind, id)
  redis.call('HDEL', P .. 'rec:' .. kind, id)
  redis.call('ZREM', P .. 'recz:' .. kind, id)
  redis.call('ZREM', P .. 'recx', kind .. ':' .. id)
end

local function ringRecord(kind, id, revision)
  ring('kind', 'records', 'recordKind', kind, 'id', id, 'revision', string.format('%.0f', revision))
end
