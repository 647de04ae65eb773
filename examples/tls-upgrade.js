'use strict';

// How does a connection that began as HTTP/1.1 go on inside TLS (RFC 2817)? Printers do it: a client sends
// `Upgrade: TLS/1.2`, gets a 101, shakes hands, and has its request answered inside. All on one port, plain requests too.
//
//     openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=localhost
//     KEY=key.pem CERT=cert.pem node examples/tls-upgrade.js
//     ipptool -E -t ipp://127.0.0.1:PORT/ get-printer-attributes.test     (asks for TLS; this is no printer, though)
//
// Who listens on the way can take the Upgrade out of a request, and everything stays plain. So what must be secret is not
// answered without TLS: MANDATORY=1 answers 426 then. Where clients can do https:, use that.

const fs = require('node:fs');
const http = require('node:http');

const { createUpgradeRouter } = require('upshift');

const { CERT = 'cert.pem', KEY = 'key.pem', MANDATORY } = process.env;

const server = http.createServer((req, res) => {
  res.setHeader('Content-Type', 'text/plain; charset=utf-8');
  res.end(
    `${req.method} ${req.url} ${req.socket.encrypted ? `inside ${req.socket.getProtocol()}` : 'in plain sight'}\n`
  );
  req.resume();
});

const router = createUpgradeRouter(server, { upgradeTimeout: 10_000 });

// Options as for https.createServer(), requestCert among them.
router.tls({
  key: fs.readFileSync(KEY),
  cert: fs.readFileSync(CERT),
  minVersion: 'TLSv1.2',
  mandatory: MANDATORY === '1'
});

server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/ (Ctrl-C ends it)`);
});

process.once('SIGINT', () => {
  server.close();
  router.close();
});
