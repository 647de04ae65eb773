// The parts of ws, for those who frame or parse by themselves.

import { Duplex, Writable } from 'stream';
import { BufferLike, SendOptions } from './messages';
import { PerMessageDeflateOptions } from './options';

/** What a frame is made of. */
export interface FrameOptions {
  /** Whether the frame ends its message. Default: `false`. */
  fin?: boolean | undefined;
  /** Fills the masking key. Default: random bytes. */
  generateMask?: ((key: Buffer) => void) | undefined;
  /** Whether to mask the payload. Default: `false`. */
  mask?: boolean | undefined;
  /** Where the masking key is kept. */
  maskBuffer?: Buffer | undefined;
  opcode: number;
  /** Whether the payload must stay as it is; else it is masked in place. Default: `false`. */
  readOnly?: boolean | undefined;
  /** Whether the payload is compressed. Default: `false`. */
  rsv1?: boolean | undefined;
}

/** Frames messages and writes them to a stream of your own. */
export declare class Sender {
  /** Frames a payload: the header, and the payload if there is one. */
  static frame(data: Buffer | string, options: FrameOptions): Buffer[];

  /** Called with the error of a Blob that could not be read. */
  onerror: (err: Error) => void;

  constructor(socket: Duplex, extensions?: Record<string, unknown>, generateMask?: (key: Buffer) => void);

  close(code?: number, data?: string | Buffer, mask?: boolean, cb?: (err?: Error) => void): void;
  ping(data: any, mask?: boolean, cb?: (err?: Error) => void): void;
  pong(data: any, mask?: boolean, cb?: (err?: Error) => void): void;
  send(data: BufferLike, options: SendOptions, cb?: (err?: Error) => void): void;
  /** Writes a frame as it is. */
  sendFrame(list: readonly (Buffer | string)[], cb?: (err?: Error) => void): void;
}

/** The parameters of permessage-deflate. */
export type DeflateParams = Record<string, number | boolean>;

/** Negotiates permessage-deflate and compresses messages, for streams of your own. */
export declare class PerMessageDeflate {
  static readonly extensionName: 'permessage-deflate';

  /** What was agreed on. */
  params: DeflateParams | null;

  constructor(options?: PerMessageDeflateOptions & { isServer?: boolean | undefined; maxPayload?: number | undefined });

  offer(): DeflateParams;
  accept(configurations: object[]): DeflateParams;
  compress(data: Buffer | string, fin: boolean, callback: (err: Error | null, data: Buffer) => void): void;
  decompress(data: Buffer, fin: boolean, callback: (err: Error | null, data: Buffer) => void): void;
  cleanup(): void;
}

export interface ReceiverOptions {
  /** The negotiated extensions. */
  extensions?: { 'permessage-deflate'?: PerMessageDeflate | undefined } | undefined;
  /** Whether several events can be emitted in the same tick. Default: `true`. */
  allowSynchronousEvents?: boolean | undefined;
  binaryType?: 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob' | undefined;
  /** Whether the frames come from a client. Default: `false`. */
  isServer?: boolean | undefined;
  maxBufferedChunks?: number | undefined;
  maxFragments?: number | undefined;
  maxPayload?: number | undefined;
  skipUTF8Validation?: boolean | undefined;
}

/**
 * Takes frames and emits `'message'`, `'ping'`, `'pong'`, `'conclude'` (code, reason) and `'error'`. What is compressed is
 * inflated within `write()`, on the calling thread.
 */
export declare class Receiver extends Writable {
  constructor(options?: ReceiverOptions);
}

/** Reads and writes `Sec-WebSocket-Extensions`. */
export declare namespace extension {
  /** A list of offers for each extension, an offer being a list of values for each parameter. */
  function parse(header: string): Record<string, Record<string, (string | true)[]>[]>;
  function format(extensions: Record<string, object | object[]>): string;
}

/** Reads `Sec-WebSocket-Protocol`. */
export declare namespace subprotocol {
  function parse(header: string): Set<string>;
}
