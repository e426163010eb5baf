-- Deletes a room's oldest messages, with their ids and the speakers who have no other.
--
-- KEYS: the room's log, ids and speakers.
-- ARGV: a time in milliseconds, before which messages are deleted, and how many at most.
-- Returns the number of deleted messages.

local log, ids, speakers = KEYS[1], KEYS[2], KEYS[3]
local before, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
local deleted, last = 0, 0

for _, entry in ipairs(redis.call("XRANGE", log, "-", "+", "COUNT", limit)) do
  local fields = entry[2]
  if tonumber(fields[10]) >= before then
    break
  end
  redis.call("HDEL", ids, fields[2] .. " " .. fields[4])
  deleted, last = deleted + 1, tonumber(string.match(entry[1], "^%d+"))
end

if deleted > 0 then
  redis.call("XTRIM", log, "MINID", (last + 1) .. "-0")
  local seqs = redis.call("HGETALL", speakers)
  for i = 1, #seqs, 2 do
    if tonumber(seqs[i + 1]) <= last then
      redis.call("HDEL", speakers, seqs[i])
    end
  end
end
return deleted
