"""What clients do to the devices, and what happens then."""


def scenario(guests):
    one = guests.join("one", "/pump/", **{"Sec-WebSocket-Protocol": "valve.1, pump.2"})
    two = guests.join("two", "/pump/")
    panel = guests.join("panel", "/panel/")
    for pump in (one, two):  # its answer says that it is in the group
        pump.say(b"\0\x80\xff")
        pump.hear()
    panel.say("tick")
    panel.hear()
    stream = guests.open("stream", "/stream/")
    stream.read_until(b"listening")
    one.say(b"count")
    for pump in (one, two):
        pump.hear()
    stream.read_until(b"data: 3")
    two.say(b"weigh")
    for pump in (one, two):
        pump.hear(3)
    panel.say("twice")
    panel.hear(2)
    one.say(b"alert")
    panel.hear()
    panel.say("across")
    for pump in (one, two):
        pump.hear()
    stream.read_to_the_end()
    guests.ask("download", "/download/", "POST", b"tail")
    one.say(b"stop")
    one.be_left()
    panel.leave()
    two.leave(4999)


STORIES = {
    "one": [
        "connect",
        "accept Pump (pump's accept)",
        "group_add Pump (pump's group_add) pumps",
        "receive Pump (websocket_receive) one#1",
        "send Pump (tripled) one#1",
        "receive Pump (websocket_receive) one#2",
        "send Pump (count) #1",
        "send Pump (weight) two#2",
        "send Pump (weight) two#2",
        "send Pump (weight) two#2",
        "receive Pump (websocket_receive) one#3",
        "group_send Pump (alert) one#3 everyone",
        "send Pump (count) panel#3",
        "receive Pump (websocket_receive) one#4",
        "close Pump (pump's close) one#4 4007 stopped",
        "disconnect Pump",
        "group_discard Pump (pump's group_discard) pumps",
        "layer_receive Pump (pump_counted) #1",
        "layer_receive Pump (weighed) two#2",
        "layer_receive Pump (weighed) two#2",
        "layer_receive Pump (weighed) two#2",
        "layer_receive Pump (pump_counted) panel#3",
    ],
    "two": [
        "connect",
        "accept Pump (pump's accept)",
        "group_add Pump (pump's group_add) pumps",
        "receive Pump (websocket_receive) two#1",
        "send Pump (tripled) two#1",
        "send Pump (count) #1",
        "receive Pump (websocket_receive) two#2",
        "layer_send Pump (order) two#2 scales",
        "send Pump (weight) two#2",
        "send Pump (weight) two#2",
        "send Pump (weight) two#2",
        "send Pump (count) panel#3",
        "disconnect Pump 4999",
        "group_discard Pump (pump's group_discard) pumps",
        "layer_receive Pump (pump_counted) #1",
        "layer_receive Pump (weighed) two#2",
        "layer_receive Pump (weighed) two#2",
        "layer_receive Pump (weighed) two#2",
        "layer_receive Pump (pump_counted) panel#3",
    ],
    "panel": [
        "connect",
        "group_add Panel (panel's group_add) everyone",
        "accept Panel (panel's accept)",
        "receive Panel (panel's receive) panel#1",
        "send Panel (tell) panel#1",
        "receive Panel (panel's receive) panel#2",
        "send Panel (tell) panel#2",
        "send Panel (tell) panel#2",
        "send Panel (tell) one#3",
        "receive Panel (panel's receive) panel#3",
        "group_send Panel (across) panel#3 pumps",
        "disconnect Panel 1000",
        "group_discard Panel (panel's group_discard) everyone",
        "layer_receive Panel (alert_raised) one#3",
    ],
    "no client": [
        "group_add Stream (stream's group_add) pumps",
        "start (from a thread) #1 thread",
        "group_send (from a thread) #1 pumps",
        "group_send Scales (weighing) two#2 pumps",
        "group_send Scales (weighing) two#2 pumps",
        "group_send Scales (weighing) two#2 pumps",
        "group_discard Stream (stream's group_discard) pumps",
        "layer_receive #1",
        "layer_receive two#2",
        "layer_receive two#2",
        "layer_receive two#2",
        "layer_receive two#2",
        "layer_receive panel#3",
        "http /download/ POST 200",
        "http /stream/ GET 200",
    ],
}
