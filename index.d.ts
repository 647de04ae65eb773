// The types of upshift, compatible with @types/ws for everything that exists here.

/// <reference types="node" />

import { EventEmitter } from 'events';
import {
  Agent,
  ClientRequest,
  ClientRequestArgs,
  IncomingMessage,
  OutgoingHttpHeaders,
  Server as HTTPServer
} from 'http';
import { Server as HTTPSServer } from 'https';
import { Duplex, DuplexOptions, Writable } from 'stream';
import { SecureContextOptions } from 'tls';
import { URL } from 'url';
import { ZlibOptions } from 'zlib';

/** A WebSocket: a client, or an accepted connection. */
declare class WebSocket extends EventEmitter {
  /** The connection is not yet open. */
  static readonly CONNECTING: 0;
  /** The connection is open and ready to communicate. */
  static readonly OPEN: 1;
  /** The connection is in the process of closing. */
  static readonly CLOSING: 2;
  /** The connection is closed. */
  static readonly CLOSED: 3;

  /** The connection is not yet open. */
  readonly CONNECTING: 0;
  /** The connection is open and ready to communicate. */
  readonly OPEN: 1;
  /** The connection is in the process of closing. */
  readonly CLOSING: 2;
  /** The connection is closed. */
  readonly CLOSED: 3;

  /** The form in which binary messages are delivered. */
  binaryType: 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob';
  /** The bytes that were sent and not taken by the operating system yet. */
  readonly bufferedAmount: number;
  readonly extensions: string;
  readonly isPaused: boolean;
  /** The negotiated subprotocol, or an empty string. */
  readonly protocol: string;
  readonly readyState:
    typeof WebSocket.CONNECTING | typeof WebSocket.OPEN | typeof WebSocket.CLOSING | typeof WebSocket.CLOSED;
  /** Whether the engine does the I/O itself or over a Node.js stream. */
  readonly transport: 'fd' | 'stream' | null;
  /** The address of a client. */
  readonly url: string;

  onopen: ((event: WebSocket.Event) => void) | null;
  onerror: ((event: WebSocket.ErrorEvent) => void) | null;
  onclose: ((event: WebSocket.CloseEvent) => void) | null;
  onmessage: ((event: WebSocket.MessageEvent) => void) | null;

  /** Without an address: a connection that somebody else establishes. */
  constructor(address: null);
  constructor(address: null, protocols?: undefined, options?: object);
  /** Connects to a server. */
  constructor(address: string | URL, options?: WebSocket.ClientOptions | ClientRequestArgs);
  constructor(
    address: string | URL,
    protocols?: string | string[],
    options?: WebSocket.ClientOptions | ClientRequestArgs
  );

  /** Starts the closing handshake. */
  close(code?: number, data?: string | Buffer): void;
  ping(data?: any, mask?: boolean, cb?: (err: Error) => void): void;
  pong(data?: any, mask?: boolean, cb?: (err: Error) => void): void;
  send(data: WebSocket.BufferLike, cb?: (err?: Error) => void): void;
  send(data: WebSocket.BufferLike, options: WebSocket.SendOptions, cb?: (err?: Error) => void): void;
  /** Sends a message; resolved when it was written. */
  sendAsync(data: WebSocket.BufferLike, options?: WebSocket.SendOptions): Promise<void>;
  /** Closes the connection at once, without a closing handshake. */
  terminate(): void;
  /** Stops delivering messages, and reading from the peer. */
  pause(): void;
  resume(): void;

  /** The messages, one at a time: text as strings, the rest as `binaryType` says. */
  [Symbol.asyncIterator](): AsyncIterableIterator<WebSocket.Data>;

  addEventListener<K extends keyof WebSocket.WebSocketEventMap>(
    type: K,
    listener: WebSocket.EventListener<K>,
    options?: WebSocket.EventListenerOptions
  ): void;
  removeEventListener<K extends keyof WebSocket.WebSocketEventMap>(type: K, listener: WebSocket.EventListener<K>): void;

  on<K extends keyof WebSocket.Events>(event: K, listener: WebSocket.Listener<this, WebSocket.Events, K>): this;
  on(event: string | symbol, listener: (this: this, ...args: any[]) => void): this;
  once<K extends keyof WebSocket.Events>(event: K, listener: WebSocket.Listener<this, WebSocket.Events, K>): this;
  once(event: string | symbol, listener: (this: this, ...args: any[]) => void): this;
  off<K extends keyof WebSocket.Events>(event: K, listener: WebSocket.Listener<this, WebSocket.Events, K>): this;
  off(event: string | symbol, listener: (this: this, ...args: any[]) => void): this;
  addListener<K extends keyof WebSocket.Events>(
    event: K,
    listener: WebSocket.Listener<this, WebSocket.Events, K>
  ): this;
  addListener(event: string | symbol, listener: (this: this, ...args: any[]) => void): this;
  removeListener<K extends keyof WebSocket.Events>(
    event: K,
    listener: WebSocket.Listener<this, WebSocket.Events, K>
  ): this;
  removeListener(event: string | symbol, listener: (this: this, ...args: any[]) => void): this;
}

declare const WebSocketAlias: typeof WebSocket;
interface WebSocketAlias extends WebSocket {}

declare namespace WebSocket {
  /** A message as it is received. */
  type RawData = Buffer | ArrayBuffer | Buffer[];

  /** A message as a `'message'` event object carries it. */
  type Data = string | Buffer | ArrayBuffer | Buffer[];

  /** What can be sent. */
  type BufferLike =
    | string
    | number
    | ArrayBufferView
    | ArrayBuffer
    | SharedArrayBuffer
    | Blob
    | readonly any[]
    | { valueOf(): ArrayBuffer | SharedArrayBuffer | Uint8Array | readonly number[] | string }
    | { [Symbol.toPrimitive](hint: string): string };

  interface SendOptions {
    /** Whether to compress the message, where that was negotiated. Default: `true`. */
    compress?: boolean | undefined;
    /** Binary or text; text for strings and numbers, binary for the rest by default. */
    binary?: boolean | undefined;
    /** Whether this is the last fragment of a message. */
    fin?: boolean | undefined;
    /** Whether to mask the payload, which only clients should. */
    mask?: boolean | undefined;
  }

  type WebSocket = WebSocketAlias;
  const WebSocket: typeof WebSocketAlias;

  /** What each event of a WebSocket passes to its listeners. */
  interface Events {
    close: [code: number, reason: Buffer];
    drain: [];
    error: [error: Error];
    message: [data: RawData, isBinary: boolean];
    open: [];
    ping: [data: Buffer];
    pong: [data: Buffer];
    /** A client follows a redirect. */
    redirect: [url: string, request: ClientRequest];
    /** A client was answered, but not with a WebSocket. */
    'unexpected-response': [request: ClientRequest, response: IncomingMessage];
    /** A client was answered with a WebSocket. */
    upgrade: [response: IncomingMessage];
  }

  /** What each event of a server passes to its listeners. */
  interface ServerEvents<T extends typeof WebSocketAlias, U extends typeof IncomingMessage> {
    close: [];
    connection: [websocket: InstanceType<T>, request: InstanceType<U>];
    error: [error: Error];
    headers: [headers: string[], request: InstanceType<U>];
    listening: [];
    wsClientError: [error: Error, socket: Duplex, request: InstanceType<U>];
  }

  /** A listener of one event out of a map of events. */
  type Listener<This, Map, K extends keyof Map> = (this: This, ...args: Map[K] extends any[] ? Map[K] : never) => void;

  interface Event {
    type: string;
    target: WebSocket;
  }

  interface ErrorEvent extends Event {
    error: any;
    message: string;
  }

  interface CloseEvent extends Event {
    wasClean: boolean;
    code: number;
    reason: string;
  }

  interface MessageEvent extends Event {
    data: Data;
  }

  interface WebSocketEventMap {
    open: Event;
    error: ErrorEvent;
    close: CloseEvent;
    message: MessageEvent;
  }

  type EventListener<K extends keyof WebSocketEventMap> =
    ((event: WebSocketEventMap[K]) => void) | { handleEvent(event: WebSocketEventMap[K]): void };

  interface EventListenerOptions {
    once?: boolean | undefined;
  }

  /** Inspects a request; what it returns decides. */
  type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> = (info: {
    origin: string;
    secure: boolean;
    req: Request;
  }) => boolean;

  /** Inspects a request; what it passes to the callback decides. */
  type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = (
    info: { origin: string; secure: boolean; req: Request },
    callback: (res: boolean, code?: number, message?: string, headers?: OutgoingHttpHeaders) => void
  ) => void;

  /** How messages may be compressed: permessage-deflate, RFC 7692. */
  interface PerMessageDeflateOptions {
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
  interface ConnectionOptions<U extends typeof WebSocketAlias = typeof WebSocketAlias> {
    /** Whether several events can be emitted in the same tick. Default: `true`. */
    allowSynchronousEvents?: boolean | undefined;
    /** Whether pings are answered. Default: `true`. */
    autoPong?: boolean | undefined;
    /** Milliseconds to wait for the closing handshake. Default: 30000. */
    closeTimeout?: number | undefined;
    /** Bytes that may wait for a slow peer, 0 for any. Default: 0, and 64 MiB for `upgrade()`. */
    maxBackpressure?: number | undefined;
    /** Buffered chunks of incoming data. Default: 262144. */
    maxBufferedChunks?: number | undefined;
    /** Fragments of one message. Default: 16384. */
    maxFragments?: number | undefined;
    /** Bytes of one message, 0 for any. Default: 100 MiB. */
    maxPayload?: number | undefined;
    /** Accepted for compatibility: one pong at most waits for a peer that does not read. */
    maxPendingAutoPongs?: number | undefined;
    /** What happens above `maxBackpressure`. Default: `'terminate'`. */
    onBackpressure?: 'terminate' | 'close' | 'drop' | undefined;
    /** Bytes that may be read ahead of the handlers. Default: 262144. */
    receiveCredit?: number | undefined;
    /** Whether to let go of the `net.Socket`, to save its memory. Default: `false`. */
    releaseSocket?: boolean | undefined;
    /** Whether to skip the UTF-8 validation of text. Default: `false`. */
    skipUTF8Validation?: boolean | undefined;
    /** Who does the I/O. Default: the environment's `UPSHIFT_TRANSPORT`, else `'auto'`. */
    transport?: 'auto' | 'fd' | 'stream' | undefined;
    /** The class to use. */
    WebSocket?: U | undefined;
  }

  interface ServerOptions<
    U extends typeof WebSocketAlias = typeof WebSocketAlias,
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
    server?: HTTPServer<V> | HTTPSServer<V> | undefined;
    verifyClient?: VerifyClientCallbackAsync<InstanceType<V>> | VerifyClientCallbackSync<InstanceType<V>> | undefined;
  }

  interface UpgradeOptions<U extends typeof WebSocketAlias = typeof WebSocketAlias> extends ConnectionOptions<U> {
    /** Chooses the subprotocol; without it the first one offered is chosen. */
    handleProtocols?: ((protocols: Set<string>, request: IncomingMessage) => string | false) | undefined;
    /** More headers for the 101 response. */
    headers?: OutgoingHttpHeaders | undefined;
    /** Whether, and how, messages may be compressed. Default: `false`. */
    perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  }

  /** Adds to the request of a client, and sends it with `request.end()`. */
  type FinishRequestCallback = (request: ClientRequest, websocket: WebSocket) => void;

  /** Options of a client; those of `http.request()` and `https.request()` are taken too. */
  interface ClientOptions extends SecureContextOptions, Omit<ConnectionOptions, 'WebSocket'> {
    agent?: Agent | boolean | undefined;
    /** User and password, as the URL can name them. */
    auth?: string | undefined;
    checkServerIdentity?(servername: string, cert: any): any;
    createConnection?: ((options: any, ...more: any[]) => Duplex) | undefined;
    family?: number | undefined;
    /** Called instead of sending the request. */
    finishRequest?: FinishRequestCallback | null | undefined;
    /** Whether to follow redirects. Default: `false`. */
    followRedirects?: boolean | undefined;
    /** Fills the masking key of a frame. Default: random bytes. */
    generateMask?: ((mask: Buffer) => void) | null | undefined;
    /** Milliseconds without traffic until the opening handshake is given up. */
    handshakeTimeout?: number | undefined;
    headers?: { [key: string]: string } | OutgoingHttpHeaders | undefined;
    host?: string | undefined;
    localAddress?: string | undefined;
    /** How many redirects are followed. Default: 10. */
    maxRedirects?: number | undefined;
    /** The value of the `Origin` header. */
    origin?: string | undefined;
    /** Whether, and how, messages may be compressed. Default: `true`. */
    perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
    protocol?: string | undefined;
    /** The value of the `Sec-WebSocket-Version` header. Default: 13. */
    protocolVersion?: number | undefined;
    /** The subprotocols, when they are no argument. */
    protocols?: string | string[] | undefined;
    rejectUnauthorized?: boolean | undefined;
    servername?: string | undefined;
  }

  interface AddressInfo {
    address: string;
    family: string;
    port: number;
  }

  class Server<
    T extends typeof WebSocketAlias = typeof WebSocketAlias,
    U extends typeof IncomingMessage = typeof IncomingMessage
  > extends EventEmitter {
    options: ServerOptions<T, U>;
    path: string;
    clients: Set<InstanceType<T>>;

    constructor(options?: ServerOptions<T, U>, callback?: () => void);

    address(): AddressInfo | string | null;
    close(cb?: (err?: Error) => void): void;
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

  const WebSocketServer: typeof Server;
  interface WebSocketServer extends Server {}

  /** A request that cannot become a WebSocket, with the answer it deserves. */
  class HandshakeError extends Error {
    readonly code: string;
    /** The status code of the answer, 0 when none could be given. */
    readonly status: number;
    /** Headers of the answer beyond those that every refusal has. */
    readonly headers: Record<string, string>;

    constructor(message: string, answer: { code: string; status: number; headers?: Record<string, string> });
  }

  /** Wraps a WebSocket in a stream: what is written is sent, messages are read. */
  function createWebSocketStream(websocket: WebSocket, options?: DuplexOptions): Duplex;

  /** What a frame is made of. */
  interface FrameOptions {
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
  class Sender {
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
  type DeflateParams = Record<string, number | boolean>;

  /** Negotiates permessage-deflate and compresses messages, for streams of your own. */
  class PerMessageDeflate {
    static readonly extensionName: 'permessage-deflate';

    /** What was agreed on. */
    params: DeflateParams | null;

    constructor(
      options?: PerMessageDeflateOptions & { isServer?: boolean | undefined; maxPayload?: number | undefined }
    );

    offer(): DeflateParams;
    accept(configurations: object[]): DeflateParams;
    compress(data: Buffer | string, fin: boolean, callback: (err: Error | null, data: Buffer) => void): void;
    decompress(data: Buffer, fin: boolean, callback: (err: Error | null, data: Buffer) => void): void;
    cleanup(): void;
  }

  interface ReceiverOptions {
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

  /** Takes frames and emits `'message'`, `'ping'`, `'pong'`, `'conclude'` (code, reason) and `'error'`. */
  class Receiver extends Writable {
    constructor(options?: ReceiverOptions);
  }

  /** Reads and writes `Sec-WebSocket-Extensions`. */
  namespace extension {
    /** A list of offers for each extension, an offer being a list of values for each parameter. */
    function parse(header: string): Record<string, Record<string, (string | true)[]>[]>;
    function format(extensions: Record<string, object | object[]>): string;
  }

  /** Reads `Sec-WebSocket-Protocol`. */
  namespace subprotocol {
    function parse(header: string): Set<string>;
  }

  /**
   * Upgrades a request to a WebSocket. A refused request is answered before the promise is rejected with a
   * `HandshakeError`; one that asks for another protocol is left alone (`ERR_UPSHIFT_NOT_WEBSOCKET`).
   */
  function upgrade<U extends typeof WebSocketAlias = typeof WebSocketAlias>(
    req: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    options?: UpgradeOptions<U>
  ): Promise<InstanceType<U>>;

  /** Checks that a request is a correct handshake, and touches nothing. Throws a `HandshakeError`. */
  function validateUpgrade(req: IncomingMessage): { protocols: string[]; version: 8 | 13 };

  /** Answers a request with a complete response and closes the connection. */
  function reject(
    req: IncomingMessage,
    socket: Duplex,
    status: number,
    answer?: { body?: string | undefined; headers?: OutgoingHttpHeaders | undefined }
  ): Promise<void>;

  /** Chooses the driver and the number of reactors, before the first connection. */
  function configure(options: {
    driver?: 'auto' | 'loop' | 'threads' | undefined;
    reactors?: number | undefined;
  }): void;

  /** What the engine is doing. */
  function stats(): Stats;

  /** Figures of one reactor, or of all together. Totals count from the start. */
  interface Figures {
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
    /** System calls: reads, writes, and looks at what is ready. */
    receives: number;
    sends: number;
    polls: number;
    /** Turns of the reactor. */
    turns: number;
    /** Connections that are not read until their messages have been handled. */
    starved: number;
    /** Batches of events, and those of them that wait for the JavaScript thread. */
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
    /** Bytes held for connections: output that was not taken, input that was not handled, spare buffers. */
    memory: number;
  }

  /** What `stats()` returns: the totals, and the reactors one by one. */
  interface Stats extends Figures {
    reactors: (Figures & {
      /** Who drives the reactor: the event loop, a thread, or the stream that brings something. */
      driver: string;
    })[];
  }
}

export = WebSocket;
