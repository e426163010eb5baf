-- Notes that a server runs, and ends those that haven't said so for too long.
--
-- KEYS: the hash of the servers, each with the time of its last beat in milliseconds, and what all
-- servers with the same secret key have in common.
-- ARGV: the channel, the server, after how many milliseconds another one has ended (0: none has), how
-- many may have passed since this server's own last beat for that, what this server has in common
-- with the others, and how many milliseconds that stays.
-- Returns 1 if the server was known, the number of servers, and 1 if the others have the same key.

local servers, channel, server, limit = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local max_beat, key, expiry = tonumber(ARGV[4]), ARGV[5], ARGV[6]
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = tonumber(redis.call("HGET", servers, server))
redis.call("HSET", servers, server, now)
if limit > 0 and last and now - last <= max_beat then
  local beats = redis.call("HGETALL", servers)
  for i = 1, #beats, 2 do
    if now - tonumber(beats[i + 1]) > limit then
      redis.call("HDEL", servers, beats[i])
      redis.call("PUBLISH", channel, cjson.encode({ server = beats[i], ended = true }))
    end
  end
end
redis.call("SET", KEYS[2], key, "NX")
local has_key = redis.call("GET", KEYS[2]) == key
if has_key then
  redis.call("PEXPIRE", KEYS[2], expiry)
end
return { last and 1 or 0, redis.call("HLEN", servers), has_key and 1 or 0 }
