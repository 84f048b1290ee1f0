-- Removes named records that have expired. Nobody is told: they counted as absent already.
--
-- ARGV     at most so many
-- result   how many
local expired = redis.call('ZRANGEBYSCORE', P .. 'recx', '-inf', nowMilliseconds(), 'LIMIT', 0, ARGV[1])
for _, member in ipairs(expired) do
  local kind, id = string.match(member, '^([^:]*):(.*)$')
  dropRecord(kind, id)
end
return #expired
