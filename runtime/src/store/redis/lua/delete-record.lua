-- Deletes a named record and rings the doorbell.
--
-- ARGV     kind, id, version (empty: whichever)
-- result   1: deleted, 0: it is not there or has another version
local kind, id = ARGV[1], ARGV[2]
local version = recordVersion(kind, id)
if version == '0' or (ARGV[3] ~= '' and version ~= ARGV[3]) then return 0 end
dropRecord(kind, id)
ringRecord(kind, id, redis.call('HINCRBY', P .. 'recv', kind, 1))
return 1
