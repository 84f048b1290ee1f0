-- Takes one of what may happen under a name, as `shared/rate.ts` does, by the clock of the store.
--
-- ARGV     name, how many a second, how many at once
-- result   milliseconds to wait, 0: it was taken
local key, each = P .. 'rate:' .. ARGV[1], 1000000 / tonumber(ARGV[2])
local now = nowMicroseconds()
local next = math.max(tonumber(redis.call('GET', key) or '0'), now) + each
local wait = next - now - ARGV[3] * each
if wait > 0 then return math.ceil(wait / 1000) end
redis.call('SET', key, string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000))
return 0
