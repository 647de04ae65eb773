// How does a page keep a WebSocket? A browser's connection ends often (sleep, another network, a new version of the
// server), and the WebSocket does not come again by itself.

/** As many lines as somebody reads. */
const LINES = 200;

const form = document.querySelector('#form');
const lines = document.querySelector('#lines');
const status = document.querySelector('#status');

let ws;
let failures = 0;

/** Connects, and after every end once more. */
function connect() {
  // wss: when the page came over https:, which forbids ws:.
  ws = new WebSocket(new URL('chat', location.href.replace(/^http/, 'ws')));

  ws.addEventListener('open', () => {
    failures = 0;
    show('open', 'connected');
  });

  ws.addEventListener('message', ({ data }) => {
    const { name, text } = JSON.parse(data);
    const line = document.createElement('li');
    // Never innerHTML: what others write is text.
    line.textContent = `${name}: ${text}`;
    lines.append(line);
    if (lines.childElementCount > LINES) lines.firstElementChild.remove();
  });

  // 'error' comes before it and says nothing more: browsers keep to themselves why.
  ws.addEventListener('close', ({ code, reason }) => {
    // Longer each time up to half a minute, and at random: else all pages come at once when a server has restarted.
    const delay = Math.min(30_000, 500 * 2 ** failures++) * (0.5 + Math.random() / 2);
    show('closed', `closed (${code}${reason && ` ${reason}`}), again in ${Math.ceil(delay / 1000)} s`);
    setTimeout(connect, delay);
  });
}

/**
 * @param {String} state For programs and styles
 * @param {String} text For people
 */
function show(state, text) {
  status.dataset.state = state;
  status.textContent = text;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  // send() throws before it is open, and says nothing when it is closed. 64 KiB unsent: the network does not follow.
  if (ws.readyState !== WebSocket.OPEN || ws.bufferedAmount > 65536) return show('busy', 'not sent: no connection');
  ws.send(JSON.stringify({ name: form.elements.name.value, text: form.elements.text.value }));
  form.elements.text.value = '';
});

connect();
