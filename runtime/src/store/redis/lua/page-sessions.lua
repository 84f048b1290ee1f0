-- Sessions of one set of clients, scanned.
--
-- ARGV     `exp`: those without a connection, or `gs:<gateway>`: those that it owns; where the scan goes on; about how many
-- result   {where it goes on, 0: that was all, client, {field, value, …} of its session, …}
local command = ARGV[1] == 'exp' and 'ZSCAN' or 'SSCAN'
local scan = redis.call(command, P .. ARGV[1], ARGV[2], 'COUNT', ARGV[3])
local result = { scan[1] }
for i = 1, #scan[2], command == 'ZSCAN' and 2 or 1 do
  result[#result + 1] = scan[2][i]
  result[#result + 1] = redis.call('HGETALL', sessionKey(scan[2][i]))
end
return result
