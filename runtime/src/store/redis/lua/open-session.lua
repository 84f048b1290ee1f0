-- Takes a session: a higher epoch, a new owner. The old owner is told by the doorbell and fenced at its next step.
--
-- ARGV     client, clean session 0|1, gateway, will (of will.ts) or '', bound of the sessions that have a connection or ''
-- result   {epoch, present 0|1, previous owner or '', will that the owner at another gateway left (behind its epoch, now owed) or '', field, value, …} of the session as it is now
-- errors   CEILING
local client, clean, gateway, will, bound = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local key = sessionKey(client)
local old = redis.call('HMGET', key, 'epoch', 'owner', 'clean')
local owner = old[2] or ''
if bound ~= '' and owner == '' and connections() >= tonumber(bound) then
  return redis.error_reply('CEILING ' .. bound .. ' sessions have a connection')
end
local epoch = nextEpoch()
local left = redis.call('GET', P .. 'w:' .. client)
local present = old[1] and old[3] == '0' and clean == '0'

if old[1] and not present then dropSession(client) end
if present then
  redis.call('HSET', key, 'epoch', epoch, 'owner', gateway)
  redis.call('ZREM', P .. 'exp', client)
  if owner ~= '' and owner ~= gateway then disown(client, owner) end
else
  redis.call('HSET', key, 'epoch', epoch, 'owner', gateway, 'clean', clean,
    'cursor', redis.call('GET', P .. 'last') or '0', 'acked', '', 'inflight', '')
end
own(client, gateway)
-- Behind its epoch, by which `append.lua` knows whose will it is.
if will ~= '' then redis.call('SET', P .. 'w:' .. client, struct.pack('>d', tonumber(epoch)) .. will)
elseif left then redis.call('UNLINK', P .. 'w:' .. client) end
local elsewhere = owner ~= '' and owner ~= gateway
if elsewhere then
  oweWill(client, left)
  ring('kind', 'takeover', 'clientId', client, 'epoch', epoch, 'gatewayId', gateway)
end

local result = { epoch, present and 1 or 0, owner, elsewhere and left or '' }
for _, value in ipairs(redis.call('HGETALL', key)) do result[#result + 1] = value end
return result
