-- Adds or replaces subscriptions. A filter enters the index while a persistent session holds it with QoS > 0, a share
-- while any session holds it.
--
-- ARGV     client, epoch, then for each: filter, log, QoS, wildcard or share 0|1, bucket
-- result   `since` of each
-- errors   FENCED
local client, epoch = ARGV[1], ARGV[2]
local key = sessionKey(client)
if fenced(client, epoch) then return fencedReply(client, epoch) end
local persistent = redis.call('HGET', key, 'clean') == '0'
local last = redis.call('GET', P .. 'last') or '0'
local result = {}
for i = 3, #ARGV, 5 do
  local filter, log, qos, wildcard, bucket = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3] == '1', ARGV[i + 4]
  local before = redis.call('HGET', key, 'f:' .. filter)
  local indexed = isShare(filter) or (persistent and qos ~= '0')
  local since, wid, held = last, '0', false
  if before then
    local sub = parseSubscription(before)
    since = sub.since
    if sub.indexed and indexed and sub.log == log then
      held, wid = true, sub.wid
    else
      release(filter, sub)
    end
  end
  if indexed and not held then wid = acquire(log, filter, wildcard, bucket) end
  redis.call('HSET', key, 'f:' .. filter, table.concat({ qos, since, indexed and 1 or 0, wid, bucket, log }, ' '))
  result[#result + 1] = since
end
return result
