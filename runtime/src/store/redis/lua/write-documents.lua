-- Writes the documents if nobody wrote since they were read, and rings the doorbell.
--
-- ARGV     expected revision, then field, value, …
-- result   new revision, 0: somebody else wrote
local current = tonumber(redis.call('HGET', P .. 'docs', 'revision') or '0')
if current ~= tonumber(ARGV[1]) then return 0 end
local revision = current + 1
redis.call('HSET', P .. 'docs', 'revision', revision, unpack(ARGV, 2))
ring('kind', 'documents', 'revision', revision)
return revision
