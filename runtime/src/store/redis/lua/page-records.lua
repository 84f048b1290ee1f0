-- A page of the named records of a kind, in the order of their ids.
--
-- ARGV     kind, where it begins (`-` or `(<id>`), limit
-- result   now in milliseconds, then id and `<version> <expiry> <value>` in turn
local found = { nowMilliseconds() }
for _, id in ipairs(redis.call('ZRANGEBYLEX', P .. 'recz:' .. ARGV[1], ARGV[2], '+', 'LIMIT', 0, ARGV[3])) do
  found[#found + 1] = id
  found[#found + 1] = redis.call('HGET', P .. 'rec:' .. ARGV[1], id)
end
return found
