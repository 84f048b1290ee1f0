-- Forgets a gateway. Sessions and claims that it did not end count as those of a dead one.
--
-- ARGV     gateway
local gateway = ARGV[1]
redis.call('UNLINK', P .. 'gw:' .. gateway, P .. 'b:' .. gateway .. ':0', P .. 'b:' .. gateway .. ':1')
local holds = redis.call('EXISTS', P .. 'gs:' .. gateway)
if holds == 0 then redis.call('HDEL', P .. 'own', gateway) end
if holds + redis.call('EXISTS', P .. 'gc:' .. gateway) > 0 then
  redis.call('ZADD', P .. 'gws', 0, gateway)
else
  redis.call('ZREM', P .. 'gws', gateway)
end
return 'OK'
