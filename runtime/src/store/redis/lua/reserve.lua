-- In front of put-record.lua where it may write to a full server: how much of that each storage may, since it is full.

-- A part of `maxmemory`, and at least so much.
local RESERVE, LEAST_RESERVE = 0.01, 1024 * 1024

function takeReserve(bytes)
  local memory = redis.call('INFO', 'memory')
  local function figure(name) return tonumber(string.match(memory, '\n' .. name .. ':(%d+)') or '0') end
  local limit = figure('maxmemory')
  if limit == 0 or figure('used_memory') - figure('mem_not_counted_for_evict') < limit then
    redis.call('HDEL', P .. 'side', 'past')
    return true
  end
  local past = tonumber(redis.call('HGET', P .. 'side', 'past') or '0') + bytes
  if past > math.max(limit * RESERVE, LEAST_RESERVE) then return false end
  redis.call('HSET', P .. 'side', 'past', string.format('%d', past))
  return true
end
