-- Adds members of one server to a room, each with a number that no other person of this name has.
--
-- KEYS: the hash of the room's members, the hash of the servers, and the set of rooms with members.
-- ARGV: the channel, the room, the server, after how many seconds the room's members expire; then for
-- each member the person, the name, its comparison key, the number that the server has chosen, seq
-- before the person joined, the last seq that they have.
-- Returns the numbers, in order.

local members, servers, rooms = unpack(KEYS)
local channel, room, server, expiry = unpack(ARGV, 1, 4)
local is_running, person_of, number_of, results = {}, {}, {}, {}

-- Whose a number of a name is, and which number a person has.
local function note(person, alike, number)
  person_of[alike .. " " .. number] = person
  number_of[person .. " " .. alike] = number
end

local fields = redis.call("HGETALL", members)
for i = 1, #fields, 2 do
  local of_server, of_person = string.match(fields[i], "^(%S+) (.*)$")
  if is_running[of_server] == nil then
    is_running[of_server] = redis.call("HEXISTS", servers, of_server) == 1
  end
  if is_running[of_server] then
    local other = cjson.decode(fields[i + 1])
    note(of_person, other.alike, other.number)
  end
end

for first = 5, #ARGV, 6 do
  local person, name, alike = unpack(ARGV, first, first + 2)
  local number = number_of[person .. " " .. alike] or tonumber(ARGV[first + 3])
  while (person_of[alike .. " " .. number] or person) ~= person do
    number = number + 1
  end
  note(person, alike, number)
  local member = {
    name = name, alike = alike, number = number,
    joined = tonumber(ARGV[first + 4]), received = tonumber(ARGV[first + 5]),
  }
  redis.call("HSET", members, server .. " " .. person, cjson.encode(member))
  redis.call("PUBLISH", channel, cjson.encode({
    room = room, server = server, person = person, member = member,
  }))
  results[#results + 1] = number
end
redis.call("SADD", rooms, room)
redis.call("EXPIRE", members, expiry)
return results
