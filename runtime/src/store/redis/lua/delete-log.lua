-- Deletes a log with its index and inbox, and a part of its retained messages. Called until the answer is empty.
--
-- ARGV     log, retained topic to go on after ('' at first), how many retained topics to look at
-- result   topic to go on after, '' when done
local log, from, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
if from == '' then
  redis.call('UNLINK', P .. 'log:' .. log, P .. 'in:' .. log)
  redis.call('HDEL', P .. 'bytes', log)
  for _, name in ipairs(redis.call('ZRANGE', P .. 'ixk:' .. log, 0, -1)) do redis.call('UNLINK', P .. name) end
  redis.call('UNLINK', P .. 'ixk:' .. log)
end

local topics = redis.call('ZRANGEBYLEX', P .. 'retn', from == '' and '-' or '(' .. from, '+', 'LIMIT', 0, limit)
for _, topic in ipairs(topics) do
  local record = redis.call('HGET', P .. 'ret', topic)
  local holder = record and select(3, struct.unpack('>dBBc0', record))
  if holder == log then
    redis.call('HDEL', P .. 'ret', topic)
    redis.call('ZREM', P .. 'retn', topic)
  end
end
return #topics == limit and topics[limit] or ''
