// Where a server says what it upgrades: `createUpgradeRouter()`.

import { EventEmitter } from 'events';
import { IncomingMessage, OutgoingHttpHeaders } from 'http';
import { Http2Server, Http2ServerRequest, Http2ServerResponse } from 'http2';
import { Server as NetServer, Socket } from 'net';
import { Duplex } from 'stream';
import { TlsOptions } from 'tls';
import WebSocket = require('../index');
import { H2cLimits, H2cRouteOptions } from './h2c';
import { ServerOptions } from './server';

export interface UpgradeRouterOptions {
  /** How long the body of a request may be that is upgraded after it. Default: 1 MiB. */
  maxUpgradeBody?: number | undefined;
  /**
   * What goes to the other `'upgrade'` listeners when no route takes it: the protocols that they know. Default: all but other
   * versions of HTTP, and TLS.
   */
  passOn?: readonly string[] | 'all' | undefined;
  /** Milliseconds that the router waits for anything before an upgrade, 0 for ever. Default: 10000. */
  upgradeTimeout?: number | undefined;
}

/** The parameters of a path: `id` of `/rooms/:id`, a list for `/files/*path`. */
export type RouteParams = Readonly<Record<string, string | string[] | undefined>>;

/** Decides who may come in. What it resolves to is `auth` of the handler; it throws an `HttpError` to refuse. */
export type Authenticate<Auth> = (
  req: IncomingMessage,
  about: { params: RouteParams; signal: AbortSignal }
) => Auth | Promise<Auth>;

/** What a handler is told about the upgrade. */
export interface RouteContext<Auth = undefined> {
  auth: Auth;
  params: RouteParams;
}

/** What the handler of a protocol is told besides. */
export interface ProtocolRouteContext<Auth = undefined> extends RouteContext<Auth> {
  /** The body of the request; empty unless `maxUpgradeBody` says that there may be one. */
  body: Buffer;
  /** The protocol, as the client wrote it. */
  protocol: string;
}

export interface WebSocketRouteOptions<Auth = undefined, U extends typeof WebSocket = typeof WebSocket> extends Omit<
  ServerOptions<U>,
  'host' | 'noServer' | 'path' | 'port' | 'server'
> {
  authenticate?: Authenticate<Auth> | undefined;
  /** More headers for the 101 response. */
  headers?: OutgoingHttpHeaders | undefined;
}

export interface ProtocolRouteOptions<Auth = undefined> {
  authenticate?: Authenticate<Auth> | undefined;
  /** More headers for the 101 response. */
  headers?: OutgoingHttpHeaders | undefined;
  /** How long the body of a request may be, which is read before the 101. Default: 0, a request with one is refused. */
  maxUpgradeBody?: number | undefined;
  /** The path, with parameters. Default: any. */
  path?: string | string[] | undefined;
}

/** Options of `tls()`; those of the router are the defaults. */
export interface TlsRouteOptions extends TlsOptions, Omit<UpgradeRouterOptions, 'passOn'> {
  /** Whether everything that is not encrypted is refused with 426. Default: `false`. */
  mandatory?: boolean | ((req: IncomingMessage) => boolean) | undefined;
}

/** An answer instead of an upgrade. */
export declare class HttpError extends Error {
  /** The status code of the answer. */
  readonly status: number;
  /** Headers of the answer beyond those that every refusal has. */
  readonly headers: OutgoingHttpHeaders;

  constructor(status: number, message?: string, options?: { cause?: unknown; headers?: OutgoingHttpHeaders });
}

/** A server's upgrades. What no route takes goes to the other 'upgrade' listeners, or is answered as ordinary HTTP. */
export declare class UpgradeRouter extends EventEmitter {
  private constructor();

  /** Accepts WebSockets on a path. */
  websocket(
    pattern: string | string[],
    handler: (ws: WebSocket, req: IncomingMessage, context: RouteContext) => void
  ): this;
  websocket<Auth = undefined, U extends typeof WebSocket = typeof WebSocket>(
    pattern: string | string[],
    options: WebSocketRouteOptions<Auth, U>,
    handler: (ws: InstanceType<U>, req: IncomingMessage, context: RouteContext<Auth>) => void
  ): this;

  /** Accepts upgrades to a protocol that the handler speaks, on Node's own socket. */
  protocol(
    protocol: string,
    handler: (socket: Duplex, req: IncomingMessage, context: ProtocolRouteContext) => void
  ): this;
  protocol<Auth = undefined>(
    protocol: string,
    options: ProtocolRouteOptions<Auth>,
    handler: (socket: Duplex, req: IncomingMessage, context: ProtocolRouteContext<Auth>) => void
  ): this;

  /** Speaks HTTP/2 without TLS: after an upgrade to `h2c`, and to clients that begin with it. */
  h2c(handler: (req: Http2ServerRequest, res: Http2ServerResponse) => void, options?: H2cRouteOptions): this;
  h2c(server: Http2Server, options?: H2cLimits & { priorKnowledge?: boolean | undefined }): this;
  /** Goes on with TLS on connections that ask for it (RFC 2817). */
  tls(options: TlsRouteOptions): this;

  /** Replaces options of `tls()`, such as a certificate, for the connections that ask from now on. */
  setSecureContext(options: TlsOptions): void;

  /** Stops routing, and resolves when everything that was opened is closed. */
  close(): Promise<void>;

  /** A fault of the application that cost one request, which was answered with 500. */
  on(event: 'error', listener: (this: this, err: unknown, req: IncomingMessage) => void): this;
  /** A TLS handshake has failed behind the 101 of `tls()`; the connection is closed. */
  on(event: 'tlsClientError', listener: (this: this, err: Error, socket: Socket) => void): this;
  on(event: string | symbol, listener: (this: this, ...args: any[]) => void): this;
}

/** Creates a router for the upgrades of a server. */
export declare function createUpgradeRouter(server: NetServer, options?: UpgradeRouterOptions): UpgradeRouter;
