// What events pass to their listeners, in both forms.

import { ClientRequest, IncomingMessage } from 'http';
import { Duplex } from 'stream';
import WebSocket = require('../index');
import { Data, RawData } from './messages';

/** What each event of a WebSocket passes to its listeners. */
export interface Events {
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
export interface ServerEvents<T extends typeof WebSocket, U extends typeof IncomingMessage> {
  close: [];
  connection: [websocket: InstanceType<T>, request: InstanceType<U>];
  error: [error: Error];
  headers: [headers: string[], request: InstanceType<U>];
  listening: [];
  wsClientError: [error: Error, socket: Duplex, request: InstanceType<U>];
}

/** A listener of one event out of a map of events. */
export type Listener<This, Map, K extends keyof Map> = (
  this: This,
  ...args: Map[K] extends any[] ? Map[K] : never
) => void;

export interface Event {
  type: string;
  target: WebSocket;
}

export interface ErrorEvent extends Event {
  error: any;
  message: string;
}

export interface CloseEvent extends Event {
  wasClean: boolean;
  code: number;
  reason: string;
}

export interface MessageEvent extends Event {
  data: Data;
}

export interface WebSocketEventMap {
  open: Event;
  error: ErrorEvent;
  close: CloseEvent;
  message: MessageEvent;
}

export type EventListener<K extends keyof WebSocketEventMap> =
  ((event: WebSocketEventMap[K]) => void) | { handleEvent(event: WebSocketEventMap[K]): void };

export interface EventListenerOptions {
  once?: boolean | undefined;
}
