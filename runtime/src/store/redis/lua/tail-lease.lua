-- A process that follows the logs says so for a while, or with 0 milliseconds that it no longer does. Whoever else appends
-- wakes it by the stream `wake` meanwhile; without a lease it still looks once a second.
--
-- ARGV     follower, lease in milliseconds
local now = nowMicroseconds()
redis.call('ZREMRANGEBYSCORE', P .. 'tails', '-inf', now)
if ARGV[2] == '0' then
  redis.call('ZREM', P .. 'tails', ARGV[1])
else
  redis.call('ZADD', P .. 'tails', now + ARGV[2] * 1000, ARGV[1])
end
return 'OK'
