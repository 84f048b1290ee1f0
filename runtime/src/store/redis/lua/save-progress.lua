-- Saves where many sessions stand.
--
-- ARGV     for each: client, epoch, cursor, acknowledged, in-flight (texts of progress.ts), how many claims it takes, and
--          of each of these field of the share in `wf`, gateway, id, id in base 36
-- result   {client, epoch, …} of sessions that are stale; nothing of theirs was saved
local stale = {}
local i = 1
while i <= #ARGV do
  local taken = tonumber(ARGV[i + 5])
  if fenced(ARGV[i], ARGV[i + 1]) or not takeClaims(ARGV[i], ARGV, i + 6, taken) then
    stale[#stale + 1] = ARGV[i]
    stale[#stale + 1] = ARGV[i + 1]
  else
    redis.call('HSET', sessionKey(ARGV[i]), 'cursor', ARGV[i + 2], 'acked', ARGV[i + 3], 'inflight', ARGV[i + 4])
  end
  i = i + 6 + 4 * taken
end
return stale
