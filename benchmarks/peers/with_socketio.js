// A room with Socket.IO over WebSocket alone: node with_socketio.js PORT
"use strict";

const { createServer } = require("http");
const { Server } = require("socket.io");

const http = createServer();
const io = new Server(http, { transports: ["websocket"] });

io.on("connection", (participant) => {
  participant.join("lobby");
  participant.on("message", ({ message }) => io.to("lobby").emit("message", { message }));
});
http.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
