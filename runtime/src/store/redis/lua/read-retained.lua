-- Retained messages of these topics.
--
-- ARGV     bytes after which no more are read, topic…
-- result   a record (of retained.ts) for each topic, nil where it has none; shorter than the topics where the bytes ended
local bytes, result = tonumber(ARGV[1]), {}
for i = 2, #ARGV do
  local record = redis.call('HGET', P .. 'ret', ARGV[i])
  result[i - 1] = record
  bytes = bytes - (record and #record or 0)
  if bytes <= 0 then break end
end
return result
