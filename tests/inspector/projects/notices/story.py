"""What clients do to the notice boards, and what happens then."""


def scenario(guests):
    for name in ("anna", "bob"):
        guests.ask(f"register {name}", f"/register/{name}/")
    anna = guests.join("anna", "/ws/red/?key=key-anna")
    nobody = guests.join("nobody", "/ws/red/?key=wrong")
    assert not nobody.accepted
    anna.say({"do": "pin", "text": "milk"})
    anna.hear(2)
    bob = guests.join("bob", "/ws/red/?key=key-bob")
    bob.hear()
    count = guests.join("count", "/ws/count/?key=key-bob")
    count.say({"board": "red"})
    count.hear()
    bob.say({"do": "pin", "text": "<i>brød</i> \U0001f35e"})
    for one, frames in ((bob, 2), (anna, 1), (count, 1)):
        one.hear(frames)
    guests.ask("pin", "/boards/red/pin/", "POST", b'{"text": "from a page"}', **{"X-Key": "key-anna"})
    for one in (anna, bob, count):
        one.hear()
    anna.say({"do": "repeat", "notice": 1})
    for one in (anna, bob, count):
        one.hear()
    bob.say({"do": "remind", "text": "m" * 70_000})
    bob.hear()
    guests.ask("export", "/boards/red/export/")
    guests.ask("broken", "/broken/")
    anna.leave()
    bob.leave(3001)
    count.leave(1001)


STORIES = {
    "anna": [
        "connect",
        "group_add BoardConsumer (group_add) board_red",
        "accept BoardConsumer (accept)",
        "receive BoardConsumer (receive) anna#1",
        "group_send BoardConsumer (published) anna#1 board_red",
        "send BoardConsumer (pinned) anna#1",
        "send BoardConsumer (notice) anna#1",
        "send BoardConsumer (notice) bob#1",
        "send BoardConsumer (notice) #1",
        "receive BoardConsumer (receive) anna#2",
        "group_send BoardConsumer (published) anna#2 board_red",
        "send BoardConsumer (notice) anna#2",
        "disconnect BoardConsumer 1000",
        "group_discard BoardConsumer (group_discard) board_red",
        "layer_receive BoardConsumer (notice_pinned) anna#1",
        "layer_receive BoardConsumer (notice_pinned) bob#1",
        "layer_receive BoardConsumer (notice_pinned) #1",
        "layer_receive BoardConsumer (notice_pinned) anna#2",
    ],
    "nobody": [
        "connect",
        "refuse BoardConsumer (unknown key) "
        "The connection was refused because BoardConsumer closed it without accepting it, at LINE. "
        "The browser sees only HTTP 403, and its script the close code 1006.",
        "disconnect BoardConsumer",
    ],
    "bob": [
        "connect",
        "group_add BoardConsumer (group_add) board_red",
        "accept BoardConsumer (accept)",
        "send BoardConsumer (history)",
        "receive BoardConsumer (receive) bob#1",
        "group_send BoardConsumer (published) bob#1 board_red",
        "send BoardConsumer (pinned) bob#1",
        "send BoardConsumer (notice) bob#1",
        "send BoardConsumer (notice) #1",
        "send BoardConsumer (notice) anna#2",
        "receive BoardConsumer (receive) bob#2",
        "layer_send BoardConsumer (to itself) bob#2 its channel",
        "send BoardConsumer (reminded) bob#2",
        "disconnect BoardConsumer 3001",
        "group_discard BoardConsumer (group_discard) board_red",
        "layer_receive BoardConsumer (notice_pinned) bob#1",
        "layer_receive BoardConsumer (notice_pinned) #1",
        "layer_receive BoardConsumer (notice_pinned) anna#2",
        "layer_receive BoardConsumer (reminder) bob#2",
    ],
    "count": [
        "connect",
        "group_add CountConsumer board_red",
        "accept CountConsumer",
        "receive CountConsumer (receive_json) count#1",
        "send CountConsumer (counted) count#1",
        "send CountConsumer (more) bob#1",
        "send CountConsumer (more) #1",
        "send CountConsumer (more) anna#2",
        "disconnect CountConsumer 1001",
        "group_discard CountConsumer board_red",
        "layer_receive CountConsumer (count's notice_pinned) bob#1",
        "layer_receive CountConsumer (count's notice_pinned) #1",
        "layer_receive CountConsumer (count's notice_pinned) anna#2",
    ],
    "no client": [
        "start (pinned by a page) #1 HTTP request POST /boards/red/pin/, signal of Notice",
        "group_send (published) #1 board_red",
        "error (broken view) GET ZeroDivisionError: in a view",
        "http #1 /boards/red/pin/ POST 201",
        "http /boards/red/export/ GET 200",
        "http /broken/ GET 500",
        "http /register/anna/ GET 200",
        "http /register/bob/ GET 200",
    ],
}
