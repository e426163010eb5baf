"""All that clients can have go wrong, and what is told of it."""

BECAUSE = "The connection was refused because"
SEES_403 = "The browser sees only HTTP 403, and its script the close code 1006."
#: Events that a channel of 3 has room for, with the one that its consumer has taken already.
KEPT = 4
#: A word that each doesn't stand. The server closes on the first of them at once, on the others within a second.
WORDS = {
    "Accepts": "x",
    "SendsAfterClose": "x",
    "SyncRaises": "x",
    "RaisesInHandler": "x",
    "NoHandler": "x",
    "BadJson": "{not json",
}


def join(guests, name, path=None):
    return guests.join(name, path or f"/{name}/", Origin="http://127.0.0.1")


def scenario(guests):
    for name in ("RaisesInConnect", "Refuses", "Denies"):
        assert not join(guests, name).accepted
    assert not guests.join("foreign", "/Accepts/", Origin="https://evil.example").accepted
    join(guests, "ClosesWithCode").be_left()
    speakers = [join(guests, name) for name in WORDS]
    for speaker, word in zip(speakers, WORDS.values(), strict=True):
        speaker.say(word)
    for speaker in speakers:
        speaker.be_left()
    join(guests, "RaisesInDisconnect").leave(1001)
    stops = join(guests, "Stops")
    stops.say("x")
    stops.hear()
    stops.leave()
    overflow(guests)
    flood = join(guests, "SyncFlood")
    for number in range(5):
        flood.say(f"number {number}")
        flood.hear()
    flood.leave()
    guests.ask("BrokenPage", "/BrokenPage/")


def overflow(guests):
    slow, fast = join(guests, "slow", "/Slow/"), join(guests, "fast", "/Slow/")
    slow.say("be slow")
    slow.hear()
    fast.say("flood")
    fast.hear(1 + KEPT)
    fast.say("go on")
    slow.hear(KEPT)
    fast.leave()
    slow.leave()


STORIES = {
    "RaisesInConnect": [
        "connect",
        "error RaisesInConnect (error in connect) LookupError: no such table",
        "refuse RaisesInConnect The connection was refused because RaisesInConnect failed before it had accepted: "
        "LookupError: no such table The browser sees only HTTP 500, and its script the close code 1006.",
    ],
    "Refuses": [
        "connect",
        f"refuse Refuses (refuse) 4001 {BECAUSE} Refuses closed it with the code 4001 without accepting it, at LINE. "
        f"{SEES_403}",
        "disconnect Refuses",
    ],
    "Denies": [
        "connect",
        f"refuse Denies (deny) {BECAUSE} Denies closed it without accepting it, at LINE. {SEES_403}",
        "disconnect Denies",
    ],
    "foreign": [
        "connect",
        f"refuse WebsocketDenier {BECAUSE} this server doesn't allow its Origin, https://evil.example. "
        f"In ALLOWED_HOSTS there is '127.0.0.1'. {SEES_403}",
        "disconnect WebsocketDenier",
    ],
    "ClosesWithCode": [
        "connect",
        "accept ClosesWithCode (accept before a close)",
        "close ClosesWithCode (close at once) 4002 too late",
        "disconnect ClosesWithCode",
    ],
    "Accepts": [
        "connect",
        "accept Accepts",
        "receive Accepts (receive and close) Accepts#1",
        "send Accepts (bye) Accepts#1",
        "close Accepts (bye) Accepts#1 1000",
        "disconnect Accepts",
    ],
    "SendsAfterClose": [
        "connect",
        "accept SendsAfterClose",
        "receive SendsAfterClose (receive and go on) SendsAfterClose#1",
        "close SendsAfterClose (close and go on) SendsAfterClose#1 1000",
        "send SendsAfterClose (too late) SendsAfterClose#1",
        "disconnect SendsAfterClose",
    ],
    "SyncRaises": [
        "connect",
        "accept SyncRaises",
        "receive SyncRaises (sync receive) SyncRaises#1",
        "send SyncRaises (sync before) SyncRaises#1",
        "error SyncRaises (sync error) SyncRaises#1 ZeroDivisionError: division by zero",
    ],
    "RaisesInHandler": [
        "connect",
        "accept RaisesInHandler",
        "receive RaisesInHandler (receive before an error) RaisesInHandler#1",
        "layer_send RaisesInHandler (layer_send) RaisesInHandler#1 its channel",
        "error RaisesInHandler (error in a handler) RaisesInHandler#1 KeyError: 'x'",
        "layer_receive RaisesInHandler (go_wrong) RaisesInHandler#1",
    ],
    "NoHandler": [
        "connect",
        "accept NoHandler",
        "receive NoHandler (receive before no handler) NoHandler#1",
        "layer_send NoHandler (to no handler) NoHandler#1 its channel",
        "error NoHandler (to no handler) NoHandler#1 ValueError: No handler for message type nobody.handles.this",
        "layer_receive NoHandler NoHandler#1",
    ],
    "BadJson": [
        "connect",
        "accept BadJson",
        "receive BadJson (receive_json) BadJson#1",
        "error BadJson (receive_json) BadJson#1 JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    ],
    "RaisesInDisconnect": [
        "connect",
        "accept RaisesInDisconnect",
        "disconnect RaisesInDisconnect 1001",
        "error RaisesInDisconnect (error in disconnect) OSError: disk full at 1001",
    ],
    "Stops": [
        "connect",
        "accept Stops",
        "receive Stops (receive and stop) Stops#1",
        "send Stops (stop) Stops#1",
    ],
    "slow": [
        "connect",
        "group_add Slow (group_add) slow",
        "accept Slow (accept)",
        "receive Slow (slow's receive) slow#1",
        "send Slow (slow) slow#1",
        "send Slow (drip) fast#1",
        "send Slow (drip) fast#1",
        "send Slow (drip) fast#1",
        "send Slow (drip) fast#1",
        "disconnect Slow 1000",
        "group_discard Slow (group_discard) slow",
        "layer_receive Slow (drop) fast#1",
        "layer_receive Slow (drop) fast#1",
        "layer_receive Slow (drop) fast#1",
        "layer_receive Slow (drop) fast#1",
        "full Slow",
        "full Slow",
        "full Slow",
        "full Slow",
        "full Slow",
        "full Slow",
    ],
    "fast": [
        "connect",
        "group_add Slow (group_add) slow",
        "accept Slow (accept)",
        "receive Slow (slow's receive) fast#1",
        "group_send Slow (flood) fast#1 slow",
        "group_send Slow (flood) fast#1 slow",
        "group_send Slow (flood) fast#1 slow",
        "group_send Slow (flood) fast#1 slow",
        "group_send Slow (flood) fast#1 slow",
        "group_send Slow (flood) fast#1 slow",
        "group_send Slow (flood) fast#1 slow",
        "group_send Slow (flood) fast#1 slow",
        "layer_send Slow (overfull) fast#1 its channel",
        "layer_send Slow (overfull) fast#1 its channel",
        "send Slow (refused) fast#1",
        "send Slow (drip) fast#1",
        "send Slow (drip) fast#1",
        "send Slow (drip) fast#1",
        "send Slow (drip) fast#1",
        "receive Slow (slow's receive) fast#2",
        "disconnect Slow 1000",
        "group_discard Slow (group_discard) slow",
        "layer_receive Slow (drop) fast#1",
        "layer_receive Slow (drop) fast#1",
        "layer_receive Slow (drop) fast#1",
        "layer_receive Slow (drop) fast#1",
        "full Slow",
        "full Slow",
        "full Slow",
        "full Slow",
    ],
    "SyncFlood": [
        "connect",
        "accept SyncFlood",
        "receive SyncFlood (one of the flood) SyncFlood#1",
        "layer_send SyncFlood (again) SyncFlood#1 its channel",
        "send SyncFlood (once more) SyncFlood#1",
        "receive SyncFlood (one of the flood) SyncFlood#2",
        "layer_send SyncFlood (again) SyncFlood#2 its channel",
        "send SyncFlood (once more) SyncFlood#2",
        "receive SyncFlood (one of the flood) SyncFlood#3",
        "layer_send SyncFlood (again) SyncFlood#3 its channel",
        "send SyncFlood (once more) SyncFlood#3",
        "receive SyncFlood (one of the flood) SyncFlood#4",
        "layer_send SyncFlood (again) SyncFlood#4 its channel",
        "send SyncFlood (once more) SyncFlood#4",
        "receive SyncFlood (one of the flood) SyncFlood#5",
        "layer_send SyncFlood (again) SyncFlood#5 its channel",
        "send SyncFlood (once more) SyncFlood#5",
        "disconnect SyncFlood 1000",
        "layer_receive SyncFlood (again's handler) SyncFlood#1",
        "layer_receive SyncFlood (again's handler) SyncFlood#2",
        "layer_receive SyncFlood (again's handler) SyncFlood#3",
        "layer_receive SyncFlood (again's handler) SyncFlood#4",
        "layer_receive SyncFlood (again's handler) SyncFlood#5",
    ],
    "no client": [
        "error (page) GET RuntimeError: no page",
        "http /BrokenPage/ GET",
    ],
}
