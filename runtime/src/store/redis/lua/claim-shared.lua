-- Hands out messages of a share: those given back first, then the queue.
--
-- ARGV     field of the share in `wf`, log, gateway, how many at most; then, where an answer was lost, 'held' and the ids
--          that the gateway knows to have claimed: others of its claims are given back
-- result   entries of the log, as XRANGE gives them
local field, log, gateway, limit = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local wid = wildcardOf(field)
if not wid then return {} end
local queue, back, claims = P .. 'wx:' .. wid, P .. 'sb:' .. wid, P .. 'sc:' .. wid .. ':' .. gateway

for _, other in ipairs(redis.call('SMEMBERS', P .. 'sg:' .. wid)) do
  if other ~= gateway and isDead(other) then giveBack(other, field) end
end
if ARGV[5] == 'held' then
  local held, lost = {}, false
  for i = 6, #ARGV do held[ARGV[i]] = true end
  for _, id in ipairs(redis.call('ZRANGE', claims, 0, -1)) do
    if not held[id] then
      redis.call('ZREM', claims, id)
      redis.call('ZADD', back, id, id)
      lost = true
    end
  end
  if lost and limit == 0 then ringShare(field) end
end
-- Ids of removed messages may be many; they go at once.
local floor = tonumber(redis.call('GET', P .. 'floor') or '0')
local gone = countUpTo(queue, floor)
if gone > 0 then redis.call('LTRIM', queue, gone, -1) end

local result = {}
while #result < limit do
  local id = redis.call('ZPOPMIN', back)[1] or redis.call('LPOP', queue)
  if not id then break end
  local entry = redis.call('XRANGE', P .. 'log:' .. log, id .. '-0', id .. '-0')[1]
  if entry then
    redis.call('ZADD', claims, id, id)
    result[#result + 1] = entry
  end
end
if #result > 0 then
  redis.call('SADD', P .. 'sg:' .. wid, gateway)
  redis.call('SADD', P .. 'gc:' .. gateway, field)
end
return result
