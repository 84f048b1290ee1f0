-- The id that each inbox gave out last, also when its entry is gone.
--
-- ARGV     logs
-- result   an id for each, '0-0' where nobody ever wrote
local result = {}
for i, log in ipairs(ARGV) do
  local info = redis.pcall('XINFO', 'STREAM', P .. 'in:' .. log)
  result[i] = '0-0'
  for at = 1, info.err and 0 or #info, 2 do
    if info[at] == 'last-generated-id' then result[i] = info[at + 1] end
  end
end
return result
