'use strict';

// How does a server speak HTTP/2 without TLS, on the port it has for HTTP/1.1? The router takes `Upgrade: h2c` and those
// who begin with HTTP/2 right away; one listener answers all.
//
//     curl --http2 http://127.0.0.1:PORT/                   asks, and is upgraded
//     curl --http2-prior-knowledge http://127.0.0.1:PORT/   does not ask
//     curl --http1.1 http://127.0.0.1:PORT/
//
// For services behind a proxy that ends TLS. Do not let that proxy pass `Upgrade: h2c` on from outside: behind the 101 it no
// longer sees which paths are asked for, and what it forbids is forbidden no more.

const http = require('node:http');

const { createUpgradeRouter } = require('upshift');

/**
 * Answers requests of both versions.
 *
 * @param {(http.IncomingMessage|http2.Http2ServerRequest)} req The request
 * @param {(http.ServerResponse|http2.Http2ServerResponse)} res Its response
 * @private
 */
function answer(req, res) {
  let size = 0;
  // Counted, not kept: nobody fills our memory.
  req.on('data', (chunk) => (size += chunk.length));
  req.on('end', () => {
    res.setHeader('Content-Type', 'text/plain; charset=utf-8');
    res.end(`${req.method} ${req.url} over HTTP/${req.httpVersion} with ${size} bytes\n`);
  });
}

const server = http.createServer(answer);

// The body of a request that asks for an upgrade is read before the 101. A longer one is answered as HTTP/1.1.
const router = createUpgradeRouter(server, { maxUpgradeBody: 64 * 1024 });

router.h2c(answer);

server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/ (Ctrl-C ends it)`);
});

process.once('SIGINT', () => {
  server.close();
  // Sessions finish the requests they have, and end.
  router.close();
});
