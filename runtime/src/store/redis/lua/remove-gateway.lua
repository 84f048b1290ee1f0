-- Forgets a gateway. Sessions that it did not close are ended by the next expiry.
--
-- ARGV     gateway
redis.call('UNLINK', P .. 'gw:' .. ARGV[1], P .. 'b:' .. ARGV[1])
if redis.call('EXISTS', P .. 'gs:' .. ARGV[1]) == 1 then
  redis.call('ZADD', P .. 'gws', 0, ARGV[1])
else
  redis.call('ZREM', P .. 'gws', ARGV[1])
end
return 'OK'
