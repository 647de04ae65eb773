// Upgrades without a server: `upgrade()` and its parts.

import { IncomingMessage, OutgoingHttpHeaders } from 'http';
import { Duplex } from 'stream';
import WebSocket = require('../index');
import { HandshakeErrorCode } from './errors';
import { ConnectionOptions, PerMessageDeflateOptions } from './options';

export interface UpgradeOptions<U extends typeof WebSocket = typeof WebSocket> extends ConnectionOptions<U> {
  /** Chooses one of the subprotocols offered, `false` for none; without it the first one is chosen. */
  handleProtocols?: ((protocols: Set<string>, request: IncomingMessage) => string | false) | undefined;
  /** More headers for the 101 response. */
  headers?: OutgoingHttpHeaders | undefined;
  /** Whether, and how, messages may be compressed. Default: `false`. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
}

/** A request that cannot become a WebSocket, with the answer it deserves. */
export declare class HandshakeError extends Error {
  /** Ours, or what the application has made it of. */
  readonly code: HandshakeErrorCode | (string & {});
  /** The status code of the answer, 0 when none could be given. */
  readonly status: number;
  /** Headers of the answer beyond those that every refusal has. */
  readonly headers: Record<string, string>;

  constructor(message: string, answer: { code: string; status: number; headers?: Record<string, string> });
}

/**
 * Upgrades a request to a WebSocket. A refused request is answered before the promise is rejected with a
 * `HandshakeError`; one that asks for another protocol is left alone (`ERR_UPSHIFT_NOT_WEBSOCKET`). With any other error
 * about an argument nothing was answered and the socket is still yours; what `handleProtocols` throws, or chooses without
 * being offered it, was answered with 500.
 */
export declare function upgrade<U extends typeof WebSocket = typeof WebSocket>(
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options?: UpgradeOptions<U>
): Promise<InstanceType<U>>;

/** What `validateUpgrade()` has found out. */
export interface ValidatedUpgrade {
  /** What would be agreed on about compression, as it stands in the response; absent when it is nothing. */
  extensions?: string | undefined;
  /** The subprotocol that would be chosen; absent when there is none. */
  protocol?: string | undefined;
  /** The subprotocols that the client offers. */
  protocols: string[];
  version: 8 | 13;
}

/**
 * Checks that a request is a correct handshake which `upgrade()` would accept with the same options, and touches nothing.
 * Throws a `HandshakeError`. Of the options, `handleProtocols` (called here, and by `upgrade()` again) and
 * `perMessageDeflate` say what would be agreed on; the others have to be such as `upgrade()` takes.
 */
export declare function validateUpgrade(req: IncomingMessage, options?: UpgradeOptions): ValidatedUpgrade;

/** Options of `accept()`. */
export interface AcceptOptions {
  /** More headers for the 101 response. */
  headers?: OutgoingHttpHeaders | undefined;
  /** How long a body may be; it is `req.body` then. Default: 0, a request with one is refused. */
  maxUpgradeBody?: number | undefined;
  /** The protocol, `'name'` or `'name/version'`; without a version any is accepted. */
  protocol: string;
  /** Milliseconds for the body to arrive, 0 for ever. Default: 10000. */
  upgradeTimeout?: number | undefined;
}

/**
 * Accepts an upgrade to a protocol that you speak yourself, and gives the socket with `head` in it. A request that
 * asks for something else is left alone (`ERR_UPSHIFT_NOT_ASKED`).
 */
export declare function accept<S extends Duplex>(
  req: IncomingMessage & { body?: Buffer | undefined },
  socket: S,
  head: Buffer,
  options: AcceptOptions
): Promise<S>;

/**
 * Answers a request with a complete response and closes the connection, or goes on with it as HTTP/1.1. Rejects without
 * writing anything when an argument is wrong, or the socket was upgraded (`ERR_UPSHIFT_TAKEN`).
 */
export declare function reject(
  req: IncomingMessage,
  socket: Duplex,
  status: number,
  answer?: {
    body?: string | undefined;
    /** What came with the request; read as HTTP/1.1 if the connection goes on, and required for that. */
    head?: Buffer | undefined;
    headers?: OutgoingHttpHeaders | undefined;
    /** Whether the connection goes on as HTTP/1.1, unless the client wants it closed or sends a body. Default: `false`. */
    keepAlive?: boolean | undefined;
  } & ({ head: Buffer } | { keepAlive?: false | undefined })
): Promise<void>;
