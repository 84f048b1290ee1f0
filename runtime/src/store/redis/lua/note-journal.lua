-- Notes in a journal, and forgets what exceeds its bounds. The first write meets a full store, before anything else is done.
--
-- ARGV     journal, notes kept of a key, notes kept in all, seconds that a key is kept, bytes that the journal may take (0: any);
--          then for each note: key, milliseconds, value
-- result   bytes of all that is no message
local journal, perKey, most, mostBytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[5])
local oldest = math.floor(nowMicroseconds() / 1000) - ARGV[4] * 1000
local figures, times, list = P .. 'jn:' .. journal, P .. 'jt:' .. journal, P .. 'j:' .. journal .. ':'
-- A key forgotten in the same step as noted lets a step end early; the next one goes on.
local FORGET = 1000
local FIRST_NOTE = 6

local count = (#ARGV - FIRST_NOTE + 1) / 3
local number = redis.call('HINCRBY', figures, 'number', count) - count
local notes, bytes, forgotten = journalFigures(journal)

for i = FIRST_NOTE, #ARGV, 3 do
  number = number + 1
  local key, note = ARGV[i], string.format('%.0f', number) .. ' ' .. ARGV[i + 1] .. ' ' .. ARGV[i + 2]
  local length = redis.call('RPUSH', list .. key, note)
  bytes = bytes + noteBytes(note)
  if length == 1 then bytes = bytes + keyBytes(key) end
  if length > perKey then bytes = bytes - noteBytes(redis.call('LPOP', list .. key)) else notes = notes + 1 end
  redis.call('ZADD', times, ARGV[i + 1], key)
end

saveJournal(journal, forgetKeys(journal, notes, bytes, forgotten, FORGET, function(left, size, at)
  return left <= most and at >= oldest and (mostBytes == 0 or size <= mostBytes)
end))
return sideBytes()
