// ws as a peer: node ws.mjs PORT
//
// The broadcast of its README, without compression. Node sets TCP_NODELAY itself.
import { createServer } from "node:http";
import { WebSocket, WebSocketServer } from "ws";

const http = createServer(async (request, response) => {
  if (request.method === "POST") {
    let text = "";
    for await (const part of request.setEncoding("utf8")) text += part;
    for (const client of viewers.clients) {
      if (client.readyState === WebSocket.OPEN) client.send(text);
    }
  }
  response.writeHead(204).end();
});

const viewers = new WebSocketServer({ server: http, perMessageDeflate: false, maxPayload: 1024 });

http.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 16384 });
