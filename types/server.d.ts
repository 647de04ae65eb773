// The server.

import { EventEmitter } from 'events';
import { IncomingMessage, OutgoingHttpHeaders, Server as HTTPServer } from 'http';
import { Http2SecureServer, Http2Server, IncomingHttpHeaders as StreamHeaders, ServerHttp2Stream } from 'http2';
import { Server as HTTPSServer } from 'https';
import { Duplex } from 'stream';
import WebSocket = require('../index');
import { Listener, ServerEvents } from './events';
import { ConnectionOptions, PerMessageDeflateOptions } from './options';

/** Inspects a request; what it returns decides. */
export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> = (info: {
  origin: string;
  secure: boolean;
  req: Request;
}) => boolean;

/** Inspects a request; what it passes to the callback decides. */
export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = (
  info: { origin: string; secure: boolean; req: Request },
  callback: (res: boolean, code?: number, message?: string, headers?: OutgoingHttpHeaders) => void
) => void;

export interface ServerOptions<
  U extends typeof WebSocket = typeof WebSocket,
  V extends typeof IncomingMessage = typeof IncomingMessage
> extends ConnectionOptions<U> {
  backlog?: number | undefined;
  clientTracking?: boolean | undefined;
  handleProtocols?: (protocols: Set<string>, request: InstanceType<V>) => string | false;
  host?: string | undefined;
  noServer?: boolean | undefined;
  path?: string | undefined;
  /** Whether, and how, messages may be compressed. Default: `false`. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  port?: number | undefined;
  /** A server of HTTP/1.1 or HTTP/2, which then tells its clients that it takes WebSockets. */
  server?: HTTPServer<V> | HTTPSServer<V> | Http2Server | Http2SecureServer | undefined;
  verifyClient?: VerifyClientCallbackAsync<InstanceType<V>> | VerifyClientCallbackSync<InstanceType<V>> | undefined;
}

export interface AddressInfo {
  address: string;
  family: string;
  port: number;
}

export declare class Server<
  T extends typeof WebSocket = typeof WebSocket,
  U extends typeof IncomingMessage = typeof IncomingMessage
> extends EventEmitter {
  options: ServerOptions<T, U>;
  path: string;
  clients: Set<InstanceType<T>>;

  constructor(options?: ServerOptions<T, U>, callback?: () => void);

  address(): AddressInfo | string | null;
  close(cb?: (err?: Error) => void): void;
  /** Handles a stream of HTTP/2 that asks for a WebSocket (RFC 8441). */
  handleStream(
    stream: ServerHttp2Stream,
    headers: StreamHeaders,
    callback: (client: InstanceType<T>, request: InstanceType<U>) => void
  ): void;
  handleUpgrade(
    request: InstanceType<U>,
    socket: Duplex,
    upgradeHead: Buffer,
    callback: (client: InstanceType<T>, request: InstanceType<U>) => void
  ): void;
  shouldHandle(request: InstanceType<U>): boolean | Promise<boolean>;

  on<K extends keyof ServerEvents<T, U>>(event: K, cb: Listener<Server<T>, ServerEvents<T, U>, K>): this;
  on(event: string | symbol, listener: (this: Server<T>, ...args: any[]) => void): this;
  once<K extends keyof ServerEvents<T, U>>(event: K, cb: Listener<Server<T>, ServerEvents<T, U>, K>): this;
  once(event: string | symbol, listener: (this: Server<T>, ...args: any[]) => void): this;
  off<K extends keyof ServerEvents<T, U>>(event: K, cb: Listener<Server<T>, ServerEvents<T, U>, K>): this;
  off(event: string | symbol, listener: (this: Server<T>, ...args: any[]) => void): this;
  addListener<K extends keyof ServerEvents<T, U>>(event: K, cb: Listener<Server<T>, ServerEvents<T, U>, K>): this;
  addListener(event: string | symbol, listener: (this: Server<T>, ...args: any[]) => void): this;
  removeListener<K extends keyof ServerEvents<T, U>>(event: K, cb: Listener<Server<T>, ServerEvents<T, U>, K>): this;
  removeListener(event: string | symbol, listener: (this: Server<T>, ...args: any[]) => void): this;
}

export declare const WebSocketServer: typeof Server;
export interface WebSocketServer extends Server {}
