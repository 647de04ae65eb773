// The types of upshift, compatible with @types/ws for everything that exists here: the class, and the list of
// all names. What they mean stands in types/, one subject per file.

/// <reference types="node" />

import { EventEmitter } from 'events';
import { ClientRequestArgs } from 'http';
import { URL } from 'url';
import * as client from './types/client';
import * as codec from './types/codec';
import * as engine from './types/engine';
import * as errors from './types/errors';
import * as events from './types/events';
import * as h2c from './types/h2c';
import * as handshake from './types/handshake';
import * as messages from './types/messages';
import * as options from './types/options';
import * as requests from './types/request-upgrade';
import * as router from './types/router';
import * as server from './types/server';
import * as stream from './types/stream';

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
  interface WebSocket extends WebSocketAlias {}
  const WebSocket: typeof WebSocketAlias;

  export import CertMeta = client.CertMeta;
  export import ClientOptions = client.ClientOptions;
  export import FinishRequestCallback = client.FinishRequestCallback;

  export import DeflateParams = codec.DeflateParams;
  export import FrameOptions = codec.FrameOptions;
  export import PerMessageDeflate = codec.PerMessageDeflate;
  export import Receiver = codec.Receiver;
  export import ReceiverOptions = codec.ReceiverOptions;
  export import Sender = codec.Sender;
  export import extension = codec.extension;
  export import subprotocol = codec.subprotocol;

  export import Figures = engine.Figures;
  export import Stats = engine.Stats;
  export import configure = engine.configure;
  export import stats = engine.stats;

  export import HandshakeErrorCode = errors.HandshakeErrorCode;
  export import ProtocolErrorCode = errors.ProtocolErrorCode;
  export import UpshiftErrorCode = errors.UpshiftErrorCode;

  export import CloseEvent = events.CloseEvent;
  export import ErrorEvent = events.ErrorEvent;
  export import Event = events.Event;
  export import EventListener = events.EventListener;
  export import EventListenerOptions = events.EventListenerOptions;
  export import Events = events.Events;
  export import Listener = events.Listener;
  export import MessageEvent = events.MessageEvent;
  export import ServerEvents = events.ServerEvents;
  export import WebSocketEventMap = events.WebSocketEventMap;

  export import AcceptOptions = handshake.AcceptOptions;
  export import HandshakeError = handshake.HandshakeError;
  export import H2cLimits = h2c.H2cLimits;
  export import H2cRouteOptions = h2c.H2cRouteOptions;
  export import UpgradeToH2cOptions = h2c.UpgradeToH2cOptions;
  export import upgradeToH2c = h2c.upgradeToH2c;

  export import UpgradeOptions = handshake.UpgradeOptions;
  export import ValidatedUpgrade = handshake.ValidatedUpgrade;
  export import accept = handshake.accept;
  export import reject = handshake.reject;
  export import RequestUpgradeError = requests.RequestUpgradeError;
  export import RequestUpgradeOptions = requests.RequestUpgradeOptions;
  export import RequestedUpgrade = requests.RequestedUpgrade;
  export import requestUpgrade = requests.requestUpgrade;
  export import upgrade = handshake.upgrade;
  export import validateUpgrade = handshake.validateUpgrade;

  export import BufferLike = messages.BufferLike;
  export import Data = messages.Data;
  export import RawData = messages.RawData;
  export import SendOptions = messages.SendOptions;

  export import ConnectionOptions = options.ConnectionOptions;
  export import PerMessageDeflateOptions = options.PerMessageDeflateOptions;

  export import Authenticate = router.Authenticate;
  export import HttpError = router.HttpError;
  export import RouteContext = router.RouteContext;
  export import RouteParams = router.RouteParams;
  export import TlsRouteOptions = router.TlsRouteOptions;
  export import UpgradeRouter = router.UpgradeRouter;
  export import UpgradeRouterOptions = router.UpgradeRouterOptions;
  export import WebSocketRouteOptions = router.WebSocketRouteOptions;
  export import ProtocolRouteContext = router.ProtocolRouteContext;
  export import ProtocolRouteOptions = router.ProtocolRouteOptions;
  export import createUpgradeRouter = router.createUpgradeRouter;

  export import AddressInfo = server.AddressInfo;
  export import Server = server.Server;
  export import ServerOptions = server.ServerOptions;
  export import VerifyClientCallbackAsync = server.VerifyClientCallbackAsync;
  export import VerifyClientCallbackSync = server.VerifyClientCallbackSync;
  export import WebSocketServer = server.WebSocketServer;

  export import createWebSocketStream = stream.createWebSocketStream;
}

export = WebSocket;
