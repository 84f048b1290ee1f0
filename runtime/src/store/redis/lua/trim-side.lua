-- Makes room at the cost of what only says what was: the oldest of each journal, and records that may go before their time.
--
-- ARGV     bytes that may stay of each journal, and of those records together; keys of each journal at most, and records
-- result   bytes that went
local bound, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local freed, fields = 0, redis.call('HGETALL', P .. 'side')
for i = 1, #fields, 2 do
  local journal = string.match(fields[i], '^j:(.*)$')
  if journal and tonumber(fields[i + 1]) > bound then
    local notes, bytes, forgotten = journalFigures(journal)
    local before = bytes
    notes, bytes, forgotten = forgetKeys(journal, notes, bytes, forgotten, most, function(_, size) return size <= bound end)
    saveJournal(journal, notes, bytes, forgotten)
    freed = freed + before - bytes
  end
end
return freed + dropExpendable(sideBytes('x') - bound, most)
