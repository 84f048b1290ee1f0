-- Renews a gateway's record.
--
-- ARGV     gateway, record, lease in milliseconds
redis.call('SET', P .. 'gw:' .. ARGV[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', P .. 'gws', nowMicroseconds() + ARGV[3] * 1000, ARGV[1])
return 'OK'
