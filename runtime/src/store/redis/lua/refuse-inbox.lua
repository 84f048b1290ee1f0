-- Moves an entry of an inbox to the list of refused ones, cut to what helps to find the mistake.
--
-- ARGV     log, entry id, reason
local log, id, reason = ARGV[1], ARGV[2], ARGV[3]
local entry = redis.call('XRANGE', P .. 'in:' .. log, id, id)[1]
if not entry then return 'OK' end
local values = { 'reason', reason, 'entryId', id }
for i = 1, math.min(#entry[2], 32) do values[#values + 1] = string.sub(entry[2][i], 1, 1024) end
redis.call('XADD', P .. 'refused:' .. log, 'MAXLEN', '~', 1000, '*', unpack(values))
redis.call('XDEL', P .. 'in:' .. log, id)
return 'OK'
