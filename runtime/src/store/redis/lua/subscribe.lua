-- Adds or replaces subscriptions. A filter enters the index while a persistent session holds it with QoS > 0, a share
-- while any session holds it.
--
-- ARGV     client, epoch, bound of the subscriptions of all sessions or '', then for each: filter, log, QoS, wildcard or share 0|1, bucket, bound of the log's wildcard filters or ''
-- result   `since` of each; for one that is refused: -1 beyond the bound of the log's wildcard filters, -2 beyond that of all subscriptions
-- errors   FENCED
local client, epoch = ARGV[1], ARGV[2]
local key = sessionKey(client)
if fenced(client, epoch) then return fencedReply(client, epoch) end
local persistent = redis.call('HGET', key, 'clean') == '0'
local last = redis.call('GET', P .. 'last') or '0'
local room = ARGV[3] == '' and math.huge or ARGV[3] - (redis.call('GET', P .. 'subs') or 0)
local added = 0
local result = {}
for i = 4, #ARGV, 6 do
  local filter, log, qos, wildcard, bucket = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3] == '1', ARGV[i + 4]
  local before = redis.call('HGET', key, 'f:' .. filter)
  before = before and parseSubscription(before)
  local counted = before and before.log == log
  if not before and added >= room then
    result[#result + 1] = '-2'
  elseif counted or countWildcard(log, filter, ARGV[i + 5]) then
    local indexed = isShare(filter) or (persistent and qos ~= '0')
    local since, wid, held = last, '0', false
    if before then
      since = before.since
      if not counted then uncountWildcard(before.log, filter) end
      if before.indexed and indexed and counted then
        held, wid = true, before.wid
      else
        release(filter, before)
      end
    end
    if indexed and not held then wid = acquire(log, filter, wildcard, bucket) end
    if not before then added = added + 1 end
    redis.call('HSET', key, 'f:' .. filter, table.concat({ qos, since, indexed and 1 or 0, wid, bucket, log }, ' '))
    result[#result + 1] = since
  else
    result[#result + 1] = '-1'
  end
end
countSubscriptions(added)
return result
