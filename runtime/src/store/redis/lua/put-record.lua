-- Puts a named record and rings the doorbell.
--
-- ARGV     kind, id, version that it replaces (0: none, empty: whichever), expiry in milliseconds (0: never), value,
--          1: it may go before its time, owner (empty: nobody), how many of the kind the owner may have,
--          bytes that records of its sort may take in this storage (0: any)
-- result   new version, 0: another version stands, -1: the owner has as many as it may
-- errors   OOM: the server is full, and with `reserve.lua` in front what may be written nevertheless was, or so is the storage's
--          part for records of its sort; nothing was done
local kind, id = ARGV[1], ARGV[2]
local LOOKED_AT = 200
if ARGV[3] ~= '' and recordVersion(kind, id) ~= ARGV[3] then return 0 end
if not mayOwn(kind, id, ARGV[7], tonumber(ARGV[8])) then return -1 end
local before = redis.call('HGET', P .. 'rec:' .. kind, id)
local function stored(version) return string.format('%.0f', version) .. ' ' .. ARGV[4] .. ' ' .. ARGV[5] end
local grown = recordBytes(id, stored(tonumber(redis.call('HGET', P .. 'recv', kind) or '0') + 1)) - recordBytes(id, before)
local mostBytes = tonumber(ARGV[9])
if mostBytes > 0 and grown > 0 then
  local excess = sideBytes(ARGV[6] == '1' and 'x' or 'r') + grown - mostBytes
  if excess > 0 and (ARGV[6] ~= '1' or dropExpendable(excess, LOOKED_AT) < excess) then
    return redis.error_reply('OOM credentials and series take as much as they may of the part of this storage; raise standardStoreMemoryMegabytes of the Region, or remove some')
  end
end
if takeReserve and grown > 0 and not takeReserve(grown) then
  return redis.error_reply('OOM the server is full, and the reserve of this storage beyond `maxmemory` as well')
end
-- the first write meets a full server, before anything else is done
local version = redis.call('HINCRBY', P .. 'recv', kind, 1)
redis.call('HSET', P .. 'rec:' .. kind, id, stored(version))
redis.call('ZADD', P .. 'recz:' .. kind, 0, id)
if ARGV[4] == '0' then redis.call('ZREM', P .. 'recx', kind .. ':' .. id)
else redis.call('ZADD', P .. 'recx', ARGV[4], kind .. ':' .. id) end
if ARGV[6] == '1' then redis.call('HSETNX', P .. 'side', 'x:' .. kind, 0) end
ownRecord(kind, id, ARGV[7])
countRecord(kind, grown)
ringRecord(kind, id, version)
return version
