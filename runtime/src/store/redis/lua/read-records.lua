-- Reads named records of a kind.
--
-- ARGV     kind, id, …
-- result   now in milliseconds, then for each id `<version> <expiry> <value>`, or false
local found = { nowMilliseconds() }
for i = 2, #ARGV do found[i] = redis.call('HGET', P .. 'rec:' .. ARGV[1], ARGV[i]) end
return found
