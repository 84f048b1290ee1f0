-- Forgets the packet id of a QoS 2 message.
--
-- ARGV     client, epoch, packet id
-- errors   FENCED
if fenced(ARGV[1], ARGV[2]) then return fencedReply(ARGV[1], ARGV[2]) end
return redis.call('HDEL', P .. 'q2:' .. ARGV[1], ARGV[3])
