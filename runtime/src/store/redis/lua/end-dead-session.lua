-- Ends a session whose gateway died. Its epoch rises, so that an owner that was only asleep is fenced; its will is owed.
--
-- ARGV     client, epoch
-- result   1: ended, 0: its owner is alive again, or it is another connection's, or gone
local client, epoch = ARGV[1], ARGV[2]
local key = sessionKey(client)
local session = redis.call('HMGET', key, 'epoch', 'owner', 'clean')
if session[1] ~= epoch or session[2] == '' or not isDead(session[2]) then return 0 end
oweWill(client, redis.call('GET', P .. 'w:' .. client))
if session[3] == '1' then
  dropSession(client)
else
  redis.call('HSET', key, 'epoch', nextEpoch())
  detachSession(client, session[2])
end
return 1
