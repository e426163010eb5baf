-- Deletes the members of servers that have ended from a room.
--
-- KEYS: the hash of the room's members, and the hash of the servers.
-- ARGV: fields of the first.

local members, servers = KEYS[1], KEYS[2]

for _, field in ipairs(ARGV) do
  -- It may have said meanwhile that it runs, and then who is there.
  if redis.call("HEXISTS", servers, string.match(field, "^%S+")) == 0 then
    redis.call("HDEL", members, field)
  end
end
