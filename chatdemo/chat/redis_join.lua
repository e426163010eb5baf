-- Adds a member of one server to a room, with a number that no other person of this name has.
--
-- KEYS: the hash of the room's members, and the hash of the servers.
-- ARGV: the channel, the room, the server, the person, the name, its comparison key, the number that
-- the server has chosen, seq before the person joined, the last seq that they have.
-- Returns the number.

local members, servers = KEYS[1], KEYS[2]
local channel, room, server, person, name, alike = unpack(ARGV, 1, 6)
local number, joined, received = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])

local taken, own = {}, nil
local fields = redis.call("HGETALL", members)
for i = 1, #fields, 2 do
  local of_server, of_person = string.match(fields[i], "^(%S+) (.*)$")
  if redis.call("HEXISTS", servers, of_server) == 1 then
    local other = cjson.decode(fields[i + 1])
    if other.alike == alike then
      if of_person == person then
        own = other.number
      else
        taken[other.number] = true
      end
    end
  end
end
number = own or number
while taken[number] do
  number = number + 1
end

local member = cjson.encode({
  name = name, alike = alike, number = number, joined = joined, received = received,
})
redis.call("HSET", members, server .. " " .. person, member)
redis.call("PUBLISH", channel, cjson.encode({
  room = room, server = server, person = person, member = cjson.decode(member),
}))
return number
