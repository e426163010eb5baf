-- Appends drafts to their rooms' logs, and publishes those that are new. All or nothing is done.
--
-- KEYS: "chatdemo:rooms", then for each room its hash, log, ids and speakers.
-- ARGV: the channel, the server's name, the number of the batch, an epoch for a room that is new, a
-- time in milliseconds after which nothing is to be done (0: none), the number of rooms; then for
-- each room the epoch and the last seq that the server knows; then for each draft the number of its
-- room (from 0), its sender, id, name and text, and its speaker or "".
-- Returns the time in milliseconds and, if it isn't too late, a list. It has for each draft, in
-- order, an empty list, or if its sender has used the id before, the message that was stored at that
-- time: {seq, name, text, time in milliseconds}.

local channel, server, batch, new_epoch = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local deadline, rooms = tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local results, published = {}, {}

if deadline > 0 and now > deadline then
  return { now }
end

-- A Redis server that was restarted may have lost its last messages. Their numbers stay theirs.
for number = 0, rooms - 1 do
  local room = KEYS[number * 4 + 2]
  local epoch, known = ARGV[number * 2 + 7], tonumber(ARGV[number * 2 + 8])
  local last = tonumber(redis.call("HGET", room, "seq") or 0)
  if last < known and redis.call("HGET", room, "epoch") == epoch then
    redis.call("HSET", room, "seq", known, "lost", (last + 1) .. "-" .. known)
  end
end

for first = rooms * 2 + 7, #ARGV, 6 do
  local number = tonumber(ARGV[first])
  local sender, id, name, text, speaker = unpack(ARGV, first + 1, first + 5)
  local room, log, ids, speakers = unpack(KEYS, number * 4 + 2, number * 4 + 5)
  local known = redis.call("HGET", ids, sender .. " " .. id)
  local entry = known and redis.call("XRANGE", log, known .. "-0", known .. "-0")[1]
  if entry then
    local fields = entry[2]
    results[#results + 1] = { tonumber(known), fields[6], fields[8], tonumber(fields[10]) }
  else
    local seq = redis.call("HINCRBY", room, "seq", 1)
    if seq == 1 then
      redis.call("HSET", room, "epoch", new_epoch)
      redis.call("SADD", KEYS[1], string.sub(room, #"chatdemo:room:" + 1))
    end
    redis.call("XADD", log, seq .. "-0",
      "sender", sender, "id", id, "name", name, "text", text, "at", now)
    redis.call("HSET", ids, sender .. " " .. id, seq)
    if speaker ~= "" then
      redis.call("HSET", speakers, speaker, seq)
    end
    results[#results + 1] = {}
    if not published[room] then
      published[room] = {}
      published[#published + 1] = room
    end
    table.insert(published[room], { seq, (first - rooms * 2 - 7) / 6, sender, id, name, text, now })
  end
end

for _, room in ipairs(published) do
  redis.call("PUBLISH", channel, cjson.encode({
    room = room, server = server, batch = batch, epoch = redis.call("HGET", room, "epoch"),
    messages = published[room],
  }))
end
return { now, results }
