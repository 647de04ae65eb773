'use strict';

// How does a client come to a protocol that is neither HTTP nor WebSocket? It asks for it, and gets a socket.
//
//     echo hello | node examples/custom-protocol/client.js http://127.0.0.1:PORT/echo

const { pipeline } = require('node:stream/promises');

const { requestUpgrade } = require('upshift');

const url = process.argv[2] ?? 'http://127.0.0.1:8080/echo';

/**
 * Sends the standard input and prints what comes back, until the server has sent back the end as well.
 *
 * @return {Promise<void>}
 * @private
 */
async function main() {
  // Ctrl-C gives up at any time, also while there is no answer yet.
  const ending = new AbortController();
  process.once('SIGINT', () => ending.abort());

  try {
    const { stream } = await requestUpgrade(url, {
      protocol: 'echo/1',
      handshakeTimeout: 10_000,
      signal: ending.signal
    });
    await pipeline(process.stdin, stream, process.stdout, { end: true, signal: ending.signal });
  } catch (err) {
    if (ending.signal.aborted) return;
    console.error(err.message);
    // Whatever else the server answers is an ordinary response.
    if (err.response) err.response.pipe(process.stderr);
    process.exitCode = 1;
  }
}

main();
