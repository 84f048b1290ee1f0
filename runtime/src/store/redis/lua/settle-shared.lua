-- Ends claims. What this gateway does not hold any more, because it counted as dead meanwhile, is passed over.
--
-- ARGV     field of the share in `wf`, gateway, how many are done, their ids…, ids given back…
local field, gateway, done = ARGV[1], ARGV[2], tonumber(ARGV[3])
local wid = wildcardOf(field)
if not wid then return 'OK' end
local claims = P .. 'sc:' .. wid .. ':' .. gateway
local released = false
for i = 4, #ARGV do
  if redis.call('ZREM', claims, ARGV[i]) == 1 and i > 3 + done then
    redis.call('ZADD', P .. 'sb:' .. wid, ARGV[i], ARGV[i])
    released = true
  end
end
if redis.call('EXISTS', claims) == 0 then
  redis.call('SREM', P .. 'sg:' .. wid, gateway)
  redis.call('SREM', P .. 'gc:' .. gateway, field)
end
if released then ringShare(field) end
return 'OK'
