-- Saves where many sessions stand.
--
-- ARGV     for each: client, epoch, cursor, acknowledged, in-flight (texts of progress.ts)
-- result   clients whose epoch is stale; nothing of theirs was saved
local stale = {}
for i = 1, #ARGV, 5 do
  if fenced(ARGV[i], ARGV[i + 1]) then
    stale[#stale + 1] = ARGV[i]
  else
    redis.call('HSET', sessionKey(ARGV[i]), 'cursor', ARGV[i + 2], 'acked', ARGV[i + 3], 'inflight', ARGV[i + 4])
  end
end
return stale
