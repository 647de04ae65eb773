// Upgrades without a server: `upgrade()` and its parts.

import { IncomingMessage, OutgoingHttpHeaders } from 'http';
import { Duplex } from 'stream';
import WebSocket = require('../index');
import { ConnectionOptions, PerMessageDeflateOptions } from './options';

export interface UpgradeOptions<U extends typeof WebSocket = typeof WebSocket> extends ConnectionOptions<U> {
  /** Chooses the subprotocol; without it the first one offered is chosen. */
  handleProtocols?: ((protocols: Set<string>, request: IncomingMessage) => string | false) | undefined;
  /** More headers for the 101 response. */
  headers?: OutgoingHttpHeaders | undefined;
  /** Whether, and how, messages may be compressed. Default: `false`. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
}

/** A request that cannot become a WebSocket, with the answer it deserves. */
export declare class HandshakeError extends Error {
  readonly code: string;
  /** The status code of the answer, 0 when none could be given. */
  readonly status: number;
  /** Headers of the answer beyond those that every refusal has. */
  readonly headers: Record<string, string>;

  constructor(message: string, answer: { code: string; status: number; headers?: Record<string, string> });
}

/**
 * Upgrades a request to a WebSocket. A refused request is answered before the promise is rejected with a
 * `HandshakeError`; one that asks for another protocol is left alone (`ERR_UPSHIFT_NOT_WEBSOCKET`).
 */
export declare function upgrade<U extends typeof WebSocket = typeof WebSocket>(
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options?: UpgradeOptions<U>
): Promise<InstanceType<U>>;

/** Checks that a request is a correct handshake, and touches nothing. Throws a `HandshakeError`. */
export declare function validateUpgrade(req: IncomingMessage): { protocols: string[]; version: 8 | 13 };

/** Answers a request with a complete response and closes the connection. */
export declare function reject(
  req: IncomingMessage,
  socket: Duplex,
  status: number,
  answer?: { body?: string | undefined; headers?: OutgoingHttpHeaders | undefined }
): Promise<void>;
