-- Notes that a server runs, and ends those that haven't said so for too long.
--
-- KEYS: the hash of the servers, each with the time of its last beat in milliseconds.
-- ARGV: the channel, the server, after how many milliseconds another one has ended (0: none has).
-- Returns 1 if the server was known, and the number of servers.

local servers, channel, server, limit = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local was_known = redis.call("HEXISTS", servers, server)
redis.call("HSET", servers, server, now)
if limit > 0 then
  local beats = redis.call("HGETALL", servers)
  for i = 1, #beats, 2 do
    if now - tonumber(beats[i + 1]) > limit then
      redis.call("HDEL", servers, beats[i])
      redis.call("PUBLISH", channel, cjson.encode({ server = beats[i], ended = true }))
    end
  end
end
return { was_known, redis.call("HLEN", servers) }
