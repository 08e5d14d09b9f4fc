// Frames over a WebSocket. The same interface as longpoll.js.

/** Connect; returns {close}, after which none of the callbacks is called. */
export function connect(address, since, { onopen, onframe, onend }) {
  const url = new URL("ws", address);
  url.protocol = url.protocol.replace("http", "ws");
  if (since !== null) url.searchParams.set("since", since);
  const socket = new WebSocket(url);
  socket.onopen = onopen;
  socket.onmessage = (message) => onframe(message.data);
  socket.onclose = (event) => onend(event.code);
  return {
    close() {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    },
  };
}
