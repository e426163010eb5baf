// A room with Node's ws: node with_ws.js PORT
"use strict";

const { WebSocket, WebSocketServer } = require("ws");

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  path: "/ws/chat/lobby/",
  perMessageDeflate: false,
});

server.on("connection", (connection) => {
  connection.on("error", () => connection.terminate());
  connection.on("message", (data) => {
    const text = JSON.stringify({ message: JSON.parse(data).message });
    for (const client of server.clients) {
      if (client.readyState === WebSocket.OPEN) client.send(text);
    }
  });
});
server.on("listening", () => console.log("ready"));
