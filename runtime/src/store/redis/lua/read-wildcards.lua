-- All wildcard filters that are held.
--
-- result   {epoch, "<log>:<filter>", "<id> <count>", …}
local result = { redis.call('GET', P .. 'wfe') or '0' }
for _, value in ipairs(redis.call('HGETALL', P .. 'wf')) do result[#result + 1] = value end
return result
