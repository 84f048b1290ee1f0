-- Drops subscriptions; one that is not held is passed over.
--
-- ARGV     client, epoch, filter…
-- errors   FENCED
local client, epoch = ARGV[1], ARGV[2]
local key = sessionKey(client)
if fenced(client, epoch) then return fencedReply(client, epoch) end
local dropped = 0
for i = 3, #ARGV do
  local before = redis.call('HGET', key, 'f:' .. ARGV[i])
  if before then
    dropSubscription(ARGV[i], parseSubscription(before))
    redis.call('HDEL', key, 'f:' .. ARGV[i])
    dropped = dropped + 1
  end
end
countSubscriptions(-dropped)
return 'OK'
