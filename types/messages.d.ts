// What is sent, and what is received.

/** A message as it is received. */
export type RawData = Buffer | ArrayBuffer | Buffer[];

/** A message as a `'message'` event object carries it. */
export type Data = string | Buffer | ArrayBuffer | Buffer[];

/** What can be sent. */
export type BufferLike =
  | string
  | number
  | ArrayBufferView
  | ArrayBuffer
  | SharedArrayBuffer
  | Blob
  | readonly any[]
  | { valueOf(): ArrayBuffer | SharedArrayBuffer | Uint8Array | readonly number[] | string }
  | { [Symbol.toPrimitive](hint: string): string };

export interface SendOptions {
  /** Whether to compress the message, where that was negotiated. Default: `true`. */
  compress?: boolean | undefined;
  /** Binary or text; text for strings and numbers, binary for the rest by default. */
  binary?: boolean | undefined;
  /** Whether this is the last fragment of a message. */
  fin?: boolean | undefined;
  /** Whether to mask the payload, which only clients should. */
  mask?: boolean | undefined;
}
