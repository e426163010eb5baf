"""A room with picows, on uvloop: python with_picows.py PORT."""

import json
import sys

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_create_server

listeners = set()


class Participant(WSListener):
    def on_ws_connected(self, transport: WSTransport):
        self.transport = transport
        listeners.add(self)

    def on_ws_disconnected(self, transport: WSTransport):
        listeners.discard(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame):
        if frame.msg_type == WSMsgType.TEXT:
            text = json.dumps(
                {"message": json.loads(frame.get_payload_as_bytes())["message"]}
            ).encode()
            for listener in listeners:
                listener.transport.send(WSMsgType.TEXT, text)
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()


async def main(port: int) -> None:
    server = await ws_create_server(lambda request: Participant(), "127.0.0.1", port, backlog=1024)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
