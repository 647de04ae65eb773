/**
 * Are the ways to other protocols typed as the documentation says: HTTP/2 in the clear, TLS, protocols with bodies?
 */

import { IncomingMessage, createServer } from 'node:http';
import {
  Http2ServerRequest,
  Http2ServerResponse,
  ServerHttp2Session,
  createServer as createHttp2Server
} from 'node:http2';
import upshift = require('upshift');
import { accept, createUpgradeRouter, upgradeToH2c } from 'upshift';

const server = createServer();
const http2Server = createHttp2Server();

/** Answers in HTTP/2. */
function answer(req: Http2ServerRequest, res: Http2ServerResponse): void {
  res.end(req.httpVersion);
}

// What the other listeners get.
const options: upshift.UpgradeRouterOptions = { passOn: ['websocket', 'foo/1'] };
createUpgradeRouter(server, { ...options, passOn: 'all', upgradeTimeout: Infinity });

const ofRoute: upshift.H2cRouteOptions = {
  maxHeaderListPairs: 300,
  maxUpgradeBody: 1024,
  priorKnowledge: false,
  settings: { maxConcurrentStreams: 7 },
  upgradeTimeout: 1000
};
const router: upshift.UpgradeRouter = createUpgradeRouter(server, options)
  .h2c(answer)
  .h2c(answer, ofRoute)
  .h2c(http2Server)
  .h2c(http2Server, { maxHeaderListPairs: 300, priorKnowledge: true })
  .tls({ cert: 'PEM', key: 'PEM', mandatory: true, maxUpgradeBody: 0, minVersion: 'TLSv1.3' })
  .websocket('/', { headers: { 'Set-Cookie': ['a=b'] }, verifyClient: (info, done) => done(info.secure) }, (ws) =>
    ws.close()
  )
  .protocol('x', { maxUpgradeBody: 1024 }, (socket, req, context) => {
    const { body, params, protocol }: upshift.ProtocolRouteContext = context;
    socket.end(`${body.length} ${protocol} ${params['id']} ${req.url}`);
  })
  .protocol('y', { authenticate: () => 5 }, (socket, _req, { auth, body }) => socket.end(body.subarray(auth)));
router.setSecureContext({ cert: 'PEM', key: 'PEM' });

server.on('upgrade', async (req, socket, head) => {
  const limits: upshift.H2cLimits = { maxHeaderListPairs: 128, maxUpgradeBody: 0, upgradeTimeout: 0 };
  const all: upshift.UpgradeToH2cOptions = { ...limits, plain: server, server: http2Server };
  const session: ServerHttp2Session | null = await upgradeToH2c(req, socket, head, {
    ...all,
    signal: AbortSignal.timeout(5)
  });
  session?.close();
});

server.on('upgrade', async (req: IncomingMessage & { body?: Buffer }, socket, head) => {
  const same = await accept(req, socket, head, { maxUpgradeBody: 1024, protocol: 'x', upgradeTimeout: 1000 });
  same.end(req.body);
});

// @ts-expect-error Nobody serves the session.
upgradeToH2c(new IncomingMessage(process.stdin), process.stdin, Buffer.alloc(0), {});
// @ts-expect-error Neither a handler nor a server.
router.h2c('handler');
// @ts-expect-error Its options are its own.
router.h2c(http2Server, { settings: {} });
// @ts-expect-error A protocol, or all.
createUpgradeRouter(server, { passOn: 'websocket' });
// @ts-expect-error They are those of the server.
router.tls({ cert: 'PEM', key: 'PEM', passOn: [] });
