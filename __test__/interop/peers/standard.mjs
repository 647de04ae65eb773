// The WebSocket of browsers as a peer, and of all that has the same class: does what commands say (see support/peer.js).
// Runs in a page and in Node alike, so it uses nothing that only one of them has.

/** At most so many characters are made by one call: each is an argument. */
const CHUNK = 8192;

/**
 * @param {String} base64 Bytes in base64
 * @return {Uint8Array} The bytes
 */
function decode(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/**
 * @param {Uint8Array} bytes The bytes
 * @return {String} The bytes in base64
 */
function encode(bytes) {
  let binary = '';

  for (let at = 0; at < bytes.length; at += CHUNK) binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(binary);
}

/**
 * Makes the commands.
 *
 * @param {Function} emit Called with every event
 * @return {Object} A function per command
 */
export function standardPeer(emit) {
  const connections = new Map();

  return {
    connect({ id, url, protocols }) {
      const ws = new WebSocket(url, protocols);
      const tell = (event, rest) => emit({ id, event, ...rest });

      connections.set(id, ws);
      ws.binaryType = 'arraybuffer';
      ws.onopen = () => tell('open', { protocol: ws.protocol, extensions: ws.extensions });
      ws.onmessage = ({ data }) => {
        const kind = typeof data === 'string' ? 'text' : 'binary';

        tell('message', {
          kind,
          data: encode(kind === 'text' ? new TextEncoder().encode(data) : new Uint8Array(data))
        });
      };
      ws.onerror = ({ message }) => tell('error', { message: message ?? 'an error event' });
      ws.onclose = ({ code, reason }) => tell('close', { code, reason });
    },

    send({ id, kind, parts: [part] }) {
      const bytes = decode(part);

      connections.get(id).send(kind === 'text' ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) : bytes);
    },

    close({ id, code, reason }) {
      if (code === undefined) connections.get(id).close();
      else connections.get(id).close(code, reason);
    }
  };
}
