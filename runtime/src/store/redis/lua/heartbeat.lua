-- Renews a gateway's record.
--
-- ARGV     gateway, record, lease in milliseconds
-- result   1: its lease stood until now, 0: it had none
local stood = redis.call('EXISTS', P .. 'gw:' .. ARGV[1])
redis.call('SET', P .. 'gw:' .. ARGV[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', P .. 'gws', nowMicroseconds() + ARGV[3] * 1000, ARGV[1])
return stood
