-- Sessions of gateways whose lease ran out. On the way, what these had claimed of shares is given back, and a gateway of
-- which nothing is left is forgotten.
--
-- ARGV     how many at most
-- result   {client, epoch, clean 0|1, …}
local limit = tonumber(ARGV[1])
local result, found = {}, 0
for _, gateway in ipairs(redis.call('ZRANGEBYSCORE', P .. 'gws', '-inf', nowMicroseconds())) do
  if redis.call('EXISTS', P .. 'gw:' .. gateway) == 0 then
    for _, field in ipairs(redis.call('SMEMBERS', P .. 'gc:' .. gateway)) do
      giveBack(gateway, field)
      ringShare(field)
    end
    local owned = P .. 'gs:' .. gateway
    for _, client in ipairs(redis.call('SRANDMEMBER', owned, limit - found)) do
      local session = redis.call('HMGET', sessionKey(client), 'owner', 'epoch', 'clean')
      if session[1] ~= gateway then
        disown(client, gateway)
      else
        found = found + 1
        for _, value in ipairs({ client, session[2], session[3] }) do result[#result + 1] = value end
      end
    end
    if redis.call('EXISTS', owned) == 0 then
      redis.call('ZREM', P .. 'gws', gateway)
      redis.call('HDEL', P .. 'own', gateway)
    end
  end
  if found == limit then break end
end
return result
