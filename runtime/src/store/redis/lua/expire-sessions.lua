-- Deletes sessions whose last connection ended before the retention, and ends those of gateways that died.
--
-- ARGV     retention in microseconds, how many at most
-- result   {deleted, more to do 0|1}
local now, limit = nowMicroseconds(), tonumber(ARGV[2])
local touched = 0

-- A gateway whose lease ran out cannot close its sessions: their connections ended with it.
for _, gateway in ipairs(redis.call('ZRANGEBYSCORE', P .. 'gws', '-inf', now, 'LIMIT', 0, 10)) do
  if redis.call('EXISTS', P .. 'gw:' .. gateway) == 0 then
    for _, client in ipairs(redis.call('SRANDMEMBER', P .. 'gs:' .. gateway, limit)) do
      local session = redis.call('HMGET', sessionKey(client), 'owner', 'clean')
      if session[1] ~= gateway then redis.call('SREM', P .. 'gs:' .. gateway, client)
      elseif session[2] == '1' then dropSession(client)
      else detachSession(client, gateway) end
      touched = touched + 1
    end
    if redis.call('EXISTS', P .. 'gs:' .. gateway) == 0 then redis.call('ZREM', P .. 'gws', gateway) end
  end
end

local expired = redis.call('ZRANGEBYSCORE', P .. 'exp', '-inf', '(' .. string.format('%.0f', now - tonumber(ARGV[1])), 'LIMIT', 0, limit)
for _, client in ipairs(expired) do dropSession(client) end
return { #expired, (#expired == limit or touched >= limit) and 1 or 0 }
