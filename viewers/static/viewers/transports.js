// The ways in which frames come. `connect(address, since, {onopen, onframe, onend})` returns
// {close}, after which none of the callbacks is called.

const CLOSE_CODES = { 403: 4003, 404: 4044, 503: 4100 }; // by HTTP status of a poll

/** Frames over a WebSocket. */
export const websocket = {
  connect(address, since, { onopen, onframe, onend }) {
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
  },
};

/** One long poll: at most one frame, then the end. */
export const longpoll = {
  connect(address, since, { onframe, onend }) {
    const url = new URL("updates", address);
    if (since !== null) url.searchParams.set("since", since);
    const controller = new AbortController();
    const { signal } = controller;
    ask(url, signal).then(({ text, code }) => {
      if (text !== undefined && !signal.aborted) onframe(text);
      if (!signal.aborted) onend(code);
    });
    return { close: () => controller.abort() };
  },
};

async function ask(url, signal) {
  try {
    const response = await fetch(url, { signal, credentials: "omit" });
    return response.ok
      ? { text: await response.text() }
      : { code: CLOSE_CODES[response.status] };
  } catch {
    return {}; // the network failed, or we gave up
  }
}
