-- Topics with a retained message, in their order: a part of them, so that a call takes little time and its answer little room.
--
-- ARGV     where to begin and to end, as ZRANGEBYLEX wants them, how many at most, bytes after which no more are looked for
-- result   {1: that was the last one, 0: there may be more, topic…}
local from, to, count, bytes = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local STEP = 50
local result = { 0 }
while #result <= count and bytes > 0 do
  local topics = redis.call('ZRANGEBYLEX', P .. 'retn', from, to, 'LIMIT', 0, STEP)
  for _, topic in ipairs(topics) do
    result[#result + 1] = topic
    bytes = bytes - #topic
  end
  if #topics < STEP then
    result[1] = 1
    break
  end
  from = '(' .. topics[STEP]
end
return result
