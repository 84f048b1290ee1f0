-- Shared by the scripts that write what is no message, behind lib.lua. `side` counts its bytes: `j:<journal>`, `r:<kind>` of named
-- records, `x:<kind>` of those that may go before their time.

local function sideBytes(prefix)
  local sum, fields = 0, redis.call('HGETALL', P .. 'side')
  for i = 1, #fields, 2 do
    if string.sub(fields[i], 2, 2) == ':' and (not prefix or string.sub(fields[i], 1, 1) == prefix) then sum = sum + math.max(0, tonumber(fields[i + 1])) end
  end
  return sum
end

-- About what a note, and a key of a journal, takes beside its text.
local NOTE_BYTES, KEY_BYTES = 10, 350
local function noteBytes(note) return NOTE_BYTES + #note end
local function keyBytes(key) return KEY_BYTES + 3 * #key end

-- Forgets keys of a journal, those first that nothing was noted of for longest, at most so many. `enough(notes, bytes, at)`: whether
-- so much may stay, of which the oldest was noted of at that millisecond. Answers notes, bytes and until when was forgotten.
local function forgetKeys(journal, notes, bytes, forgotten, most, enough)
  local times, list = P .. 'jt:' .. journal, P .. 'j:' .. journal .. ':'
  for _ = 1, most do
    local first = redis.call('ZRANGE', times, 0, 0, 'WITHSCORES')
    if not first[1] or enough(notes, bytes, tonumber(first[2])) then break end
    local gone = redis.call('LRANGE', list .. first[1], 0, -1)
    for _, note in ipairs(gone) do bytes = bytes - noteBytes(note) end
    notes, bytes = notes - #gone, bytes - keyBytes(first[1])
    forgotten = math.max(forgotten, tonumber(first[2]))
    redis.call('UNLINK', list .. first[1])
    redis.call('ZREM', times, first[1])
  end
  return notes, bytes, forgotten
end

local function saveJournal(journal, notes, bytes, forgotten)
  redis.call('HSET', P .. 'jn:' .. journal, 'notes', string.format('%.0f', notes), 'forgotten', string.format('%.0f', forgotten))
  redis.call('HSET', P .. 'side', 'j:' .. journal, string.format('%.0f', bytes))
end

local function journalFigures(journal)
  local kept = redis.call('HMGET', P .. 'jn:' .. journal, 'notes', 'forgotten')
  return tonumber(kept[1] or '0'), tonumber(redis.call('HGET', P .. 'side', 'j:' .. journal) or '0'), tonumber(kept[2] or '0')
end
