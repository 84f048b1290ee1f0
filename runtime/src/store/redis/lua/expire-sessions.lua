-- Deletes sessions whose last connection ended before the retention.
--
-- ARGV     retention in microseconds, how many at most
-- result   deleted
local limit = tonumber(ARGV[2])
local before = '(' .. string.format('%.0f', nowMicroseconds() - tonumber(ARGV[1]))
local expired = redis.call('ZRANGEBYSCORE', P .. 'exp', '-inf', before, 'LIMIT', 0, limit)
for _, client in ipairs(expired) do dropSession(client) end
return #expired
