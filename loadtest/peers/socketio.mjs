// Socket.IO 4 as a peer: node socketio.mjs PORT websocket|polling
//
// The settings are those of its documentation's pages "Performance tuning" and "Memory usage": only
// the transport that is measured, no compression of 100 bytes, no bundle to serve, and each
// connection's first request is released. Node sets TCP_NODELAY itself.
import { createServer } from "node:http";
import { Server } from "socket.io";

const [port, transport] = process.argv.slice(2);

const http = createServer(async (request, response) => {
  if (request.method === "POST") {
    let text = "";
    for await (const part of request.setEncoding("utf8")) text += part;
    io.emit("message", text); // its adapter builds the WebSocket frame once
  }
  response.writeHead(204).end();
});

const io = new Server(http, {
  transports: [transport],
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
});
io.engine.on("connection", (socket) => {
  socket.request = null;
});

http.listen({ port: Number(port), host: "127.0.0.1", backlog: 16384 });
