// How the engine is set up, and what it is doing.

/**
 * Chooses the driver and the number of reactors; throws once there was a connection. What is absent is what the
 * environment says.
 */
export declare function configure(options: {
  /** Who moves the bytes of sockets; `UPSHIFT_DRIVER`, else `'auto'`. */
  driver?: 'auto' | 'loop' | 'threads' | undefined;
  /**
   * How many reactors `'threads'` has, 1 to 64; `UPSHIFT_REACTORS`, else one less than there are cores. The other drivers
   * have one.
   */
  reactors?: number | undefined;
}): void;

/** What the engine is doing. */
export declare function stats(): Stats;

/** Figures of one reactor, or of all together. Totals count from the start. */
export interface Figures {
  /** Connections there are. */
  connections: number;
  /** Connections there have been. */
  attached: number;
  /** Messages received, and the bytes of their payloads. */
  messagesIn: number;
  payloadIn: number;
  /** Messages sent, and the bytes of their payloads. */
  messagesOut: number;
  payloadOut: number;
  /** Bytes read from and written to sockets or streams. */
  bytesIn: number;
  bytesOut: number;
  /**
   * System calls: reads, writes, and looks at what is ready. Of a connection that is read again and again the event loop
   * itself tells, without a look.
   */
  receives: number;
  sends: number;
  polls: number;
  /** Turns of the reactor. */
  turns: number;
  /** Connections that are not read until their messages have been handled. */
  starved: number;
  /** Batches of events (each takes up to 640 KiB, and stays), and those of them that wait for the JavaScript thread. */
  batches: number;
  queued: number;
  /** Times one thread woke the other: whoever drives the reactor, and the JavaScript thread. */
  wakes: number;
  signals: number;
  /** Crossings from JavaScript. */
  slabs: number;
  /** Changes of driver, and those of them with work under way. */
  switches: number;
  busySwitches: number;
  /** Compressed messages received and sent, and the compressors there are. */
  inflated: number;
  deflated: number;
  compressors: number;
  /**
   * Bytes held for connections: output that was not taken; input that was not handled, be it part of a message, in a batch
   * that waits, or kept for a WebSocket that is paused; what compression needs; spare buffers; and the memory that small
   * messages of a connection share while they come. Messages that were handed over belong to the application, and what a
   * stream of Node.js holds is its own.
   */
  memory: number;
}

/** What `stats()` returns: the totals, and the reactors one by one. */
export interface Stats extends Figures {
  reactors: (Figures & {
    /** Who drives the reactor: the event loop, a thread, or the stream that brings something. */
    driver: string;
  })[];
}
