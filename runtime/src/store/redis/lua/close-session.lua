-- Ends a connection: a clean session goes, a persistent one stays without an owner. A session that was taken over is left alone.
--
-- ARGV     client, epoch, 1: its will is owed, 0: it is forgotten; then, if there is progress to save: cursor, acknowledged, in-flight, how many claims
--          it takes, and these as in `save-progress.lua`
local client, epoch = ARGV[1], ARGV[2]
if fenced(client, epoch) then return 'OK' end
local key = sessionKey(client)
local now = redis.call('HMGET', key, 'clean', 'owner')
if ARGV[3] == '1' then oweWill(client, redis.call('GET', P .. 'w:' .. client)) end
if now[1] == '1' then
  dropSession(client)
else
  if ARGV[4] and takeClaims(client, ARGV, 8, tonumber(ARGV[7])) then
    redis.call('HSET', key, 'cursor', ARGV[4], 'acked', ARGV[5], 'inflight', ARGV[6])
  end
  detachSession(client, now[2])
end
return 'OK'
