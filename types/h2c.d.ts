// HTTP/2 without TLS: `router.h2c()`, `upgradeToH2c()`.

import { IncomingMessage, Server } from 'http';
import { Http2Server, ServerHttp2Session, ServerOptions } from 'http2';
import { Duplex } from 'stream';

/** How long the upgrade of a request may take, and how much. */
export interface H2cLimits {
  /** What the http2 server was told about the number of fields; a request with more is answered as HTTP/1.1. Default: 128. */
  maxHeaderListPairs?: number | undefined;
  /** How long the body of an upgraded request may be; one with more is answered as HTTP/1.1. Default: 1 MiB. */
  maxUpgradeBody?: number | undefined;
  /** Milliseconds for the body to arrive, and again for the first bytes of HTTP/2. Default: 10000. */
  upgradeTimeout?: number | undefined;
}

/** Options of `router.h2c()` with a handler: those of `http2.createServer()` too. */
export interface H2cRouteOptions extends H2cLimits, ServerOptions {
  /** Whether clients may begin with HTTP/2. Default: `true`. */
  priorKnowledge?: boolean | undefined;
}

export interface UpgradeToH2cOptions extends H2cLimits {
  /** What answers requests that are plain HTTP. Default: the server of the socket. */
  plain?: Server | undefined;
  /** What serves the session; it does not have to listen. */
  server: Http2Server;
  /** Ends the wait for the client. */
  signal?: AbortSignal | undefined;
}

/**
 * Upgrades a request to HTTP/2. Resolves to `null` when it was answered as HTTP/1.1; rejects with a `HandshakeError` after
 * it was refused.
 */
export declare function upgradeToH2c(
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: UpgradeToH2cOptions
): Promise<ServerHttp2Session | null>;
