// How does a page keep a WebSocket open? By opening it again when it closes.

const RETRY_MS = 1500;

/**
 * @param {String} path The endpoint, beside the page
 * @param {Object} handlers `message(value)` for each JSON message, `state(name)` for open and closed
 * @return {Function} Sends a value as JSON; false when there is no connection
 */
export function keepOpen(path, { message, state }) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  let socket;

  const open = () => {
    socket = new WebSocket(url);
    socket.onopen = () => state('open');
    socket.onmessage = (event) => message(JSON.parse(event.data));
    socket.onclose = () => {
      state('closed');
      setTimeout(open, RETRY_MS);
    };
  };

  open();
  return (value) => {
    if (socket.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(value));
    return true;
  };
}
