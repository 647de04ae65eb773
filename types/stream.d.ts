// A WebSocket as a stream.

import { Duplex, DuplexOptions } from 'stream';
import WebSocket = require('../index');

/** Wraps a WebSocket in a stream: what is written is sent, messages are read. */
export declare function createWebSocketStream(websocket: WebSocket, options?: DuplexOptions): Duplex;
