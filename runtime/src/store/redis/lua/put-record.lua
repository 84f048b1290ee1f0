-- Puts a named record and rings the doorbell.
--
-- ARGV     kind, id, version that it replaces (0: none, empty: whichever), expiry in milliseconds (0: never), value
-- result   new version, 0: another version stands
local kind, id = ARGV[1], ARGV[2]
if ARGV[3] ~= '' and recordVersion(kind, id) ~= ARGV[3] then return 0 end
local version = redis.call('HINCRBY', P .. 'recv', kind, 1)
redis.call('HSET', P .. 'rec:' .. kind, id, string.format('%.0f', version) .. ' ' .. ARGV[4] .. ' ' .. ARGV[5])
redis.call('ZADD', P .. 'recz:' .. kind, 0, id)
if ARGV[4] == '0' then redis.call('ZREM', P .. 'recx', kind .. ':' .. id)
else redis.call('ZADD', P .. 'recx', ARGV[4], kind .. ':' .. id) end
ringRecord(kind, id, version)
return version
