-- Ends a connection: a clean session goes, a persistent one stays without an owner. A session that was taken over is left alone.
--
-- ARGV     client, epoch, then, if there is progress to save: cursor, acknowledged, in-flight, how many claims
--          it takes, and these as in `save-progress.lua`
local client, epoch = ARGV[1], ARGV[2]
if fenced(client, epoch) then return 'OK' end
local key = sessionKey(client)
local now = redis.call('HMGET', key, 'clean', 'owner')
if now[1] == '1' then
  dropSession(client)
else
  if ARGV[3] and takeClaims(client, ARGV, 7, tonumber(ARGV[6])) then
    redis.call('HSET', key, 'cursor', ARGV[3], 'acked', ARGV[4], 'inflight', ARGV[5])
  end
  detachSession(client, now[2])
end
return 'OK'
