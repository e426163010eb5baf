-- Finds the rooms that have members, and forgets the others.
--
-- KEYS: the set of rooms. ARGV: what the keys of their members begin with.
-- Returns for each room its name and the fields of its members.

local found = {}

for _, room in ipairs(redis.call("SMEMBERS", KEYS[1])) do
  local fields = redis.call("HKEYS", ARGV[1] .. room)
  if #fields == 0 then
    redis.call("SREM", KEYS[1], room)
  else
    found[#found + 1] = {room, fields}
  end
end
return found
