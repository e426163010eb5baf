"""A room in FastAPI, on uvicorn with its fast parts: python with_fastapi.py PORT."""

import json
import sys

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect


class ConnectionManager:
    """Whoever is in the room."""

    def __init__(self):
        self.connections: list[WebSocket] = []

    async def connect(self, connection: WebSocket) -> None:
        await connection.accept()
        self.connections.append(connection)

    def disconnect(self, connection: WebSocket) -> None:
        self.connections.remove(connection)

    async def broadcast(self, text: str) -> None:
        for connection in list(self.connections):
            await connection.send_text(text)


class Server(uvicorn.Server):
    """Uvicorn, which says when it listens."""

    async def startup(self, sockets=None):
        await super().startup(sockets)
        print("ready", flush=True)


app = FastAPI()
manager = ConnectionManager()


@app.websocket("/ws/chat/lobby/")
async def lobby(connection: WebSocket):
    await manager.connect(connection)
    try:
        while True:
            message = json.loads(await connection.receive_text())["message"]
            await manager.broadcast(json.dumps({"message": message}))
    except WebSocketDisconnect:
        manager.disconnect(connection)


if __name__ == "__main__":
    Server(
        uvicorn.Config(app, "127.0.0.1", int(sys.argv[1]), log_level="error", access_log=False)
    ).run()
