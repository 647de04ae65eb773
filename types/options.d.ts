// The options that every kind of connection has.

import { ZlibOptions } from 'zlib';
import WebSocket = require('../index');

/** How messages may be compressed: permessage-deflate, RFC 7692. */
export interface PerMessageDeflateOptions {
  /** The client's window, as a base-2 logarithm from 8 to 15; `false` for no limit. */
  clientMaxWindowBits?: boolean | number | undefined;
  /** Whether the client forgets each message; `false` refuses that. */
  clientNoContextTakeover?: boolean | undefined;
  /** Accepted for compatibility: one thread compresses, one message at a time. */
  concurrencyLimit?: number | undefined;
  /** The server's window, as a base-2 logarithm from 9 to 15 (8 counts as 9); `false` for no limit. */
  serverMaxWindowBits?: boolean | number | undefined;
  /** Whether the server forgets each message; `false` refuses that. */
  serverNoContextTakeover?: boolean | undefined;
  /** Shorter messages are sent as they are where our side forgets each message. Default: 1024. */
  threshold?: number | undefined;
  /** Of zlib's options `level`, `memLevel` and `strategy` are used. */
  zlibDeflateOptions?: ZlibOptions | undefined;
  /** Accepted for compatibility: what inflates has nothing to choose. */
  zlibInflateOptions?: ZlibOptions | undefined;
}

/** Options that concern one connection. */
export interface ConnectionOptions<U extends typeof WebSocket = typeof WebSocket> {
  /** Whether several events can be emitted in the same tick. Default: `true`. */
  allowSynchronousEvents?: boolean | undefined;
  /** Whether pings are answered. Default: `true`. */
  autoPong?: boolean | undefined;
  /** Milliseconds to wait for the closing handshake. Default: 30000. */
  closeTimeout?: number | undefined;
  /**
   * Bytes that may wait for a slow peer, 0 for any. Default: 0, and 64 MiB for `upgrade()`. Over TLS, which says one turn of
   * the event loop later what has gone out, all that is sent within a turn waits.
   */
  maxBackpressure?: number | undefined;
  /** Buffered chunks of incoming data. Default: 262144. */
  maxBufferedChunks?: number | undefined;
  /** Fragments of one message. Default: 16384. */
  maxFragments?: number | undefined;
  /** Bytes of one message, 0 for as many as there can be (4 GiB). Default: 100 MiB. */
  maxPayload?: number | undefined;
  /** Automatic pongs that may wait for the peer to take them, 0 for any; the next ping ends the connection. Default: 60. */
  maxPendingAutoPongs?: number | undefined;
  /** What happens above `maxBackpressure`. Default: `'terminate'`. */
  onBackpressure?: 'terminate' | 'close' | 'drop' | undefined;
  /** Bytes that may be read ahead of the handlers. Default: 262144. */
  receiveCredit?: number | undefined;
  /** Whether to let go of the `net.Socket`, to save its memory. Default: `false`. */
  releaseSocket?: boolean | undefined;
  /** Whether to skip the UTF-8 validation of text. Default: `false`. */
  skipUTF8Validation?: boolean | undefined;
  /**
   * Who does the I/O: `'stream'` has it done by the socket, the others by Rust wherever there is nothing but a descriptor:
   * not over TLS, nor by a socket whose methods are not Node's. Default: the environment's `UPSHIFT_TRANSPORT`, else `'auto'`.
   */
  transport?: 'auto' | 'fd' | 'stream' | undefined;
  /** The class to use. */
  WebSocket?: U | undefined;
}
