-- Notes in a journal, and forgets what exceeds its bounds. The first write meets a full store, before anything else is done.
--
-- ARGV     journal, notes kept of a key, notes kept in all, seconds that a key is kept; then for each note: key, milliseconds, value
-- result   OK
local journal, perKey, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local oldest = math.floor(nowMicroseconds() / 1000) - ARGV[4] * 1000
local figures, times, list = P .. 'jn:' .. journal, P .. 'jt:' .. journal, P .. 'j:' .. journal .. ':'
-- A key forgotten in the same step as noted lets a step end early; the next one goes on.
local FORGET = 1000

local count = (#ARGV - 4) / 3
local number = redis.call('HINCRBY', figures, 'number', count) - count
local before = redis.call('HMGET', figures, 'notes', 'forgotten')
local notes, forgotten = tonumber(before[1] or '0'), tonumber(before[2] or '0')

for i = 5, #ARGV, 3 do
  number = number + 1
  local length = redis.call('RPUSH', list .. ARGV[i], string.format('%.0f', number) .. ' ' .. ARGV[i + 1] .. ' ' .. ARGV[i + 2])
  if length > perKey then redis.call('LPOP', list .. ARGV[i]) else notes = notes + 1 end
  redis.call('ZADD', times, ARGV[i + 1], ARGV[i])
end

for _ = 1, FORGET do
  local first = redis.call('ZRANGE', times, 0, 0, 'WITHSCORES')
  if not first[1] or (notes <= most and tonumber(first[2]) >= oldest) then break end
  notes = notes - redis.call('LLEN', list .. first[1])
  forgotten = math.max(forgotten, tonumber(first[2]))
  redis.call('UNLINK', list .. first[1])
  redis.call('ZREM', times, first[1])
end
redis.call('HSET', figures, 'notes', string.format('%.0f', notes), 'forgotten', string.format('%.0f', forgotten))
return 'OK'
