// How a client comes to a connection that speaks another protocol: `requestUpgrade()`.

import { IncomingMessage, OutgoingHttpHeaders } from 'http';
import { RequestOptions } from 'https';
import { Duplex } from 'stream';

/** Options of `requestUpgrade()`; those of `http.request()` that the URL does not decide are taken too. */
export interface RequestUpgradeOptions extends Omit<RequestOptions, 'headers' | 'protocol'> {
  /** The body of the request. */
  body?:
    | string
    | NodeJS.ArrayBufferView
    | Iterable<string | NodeJS.ArrayBufferView>
    | AsyncIterable<string | NodeJS.ArrayBufferView>
    | undefined;
  /** Milliseconds until there has to be an answer. Default: no limit. */
  handshakeTimeout?: number | undefined;
  /** Header fields; `Upgrade` is ours, and `Connection` says more than `Upgrade`. */
  headers?: OutgoingHttpHeaders | Iterable<[string, string]> | undefined;
  /** The protocols to go on with, `'name'` or `'name/version'`, the preferred one first. */
  protocol: string | readonly string[];
  /** Gives up until there is an answer. */
  signal?: AbortSignal | undefined;
}

/** What `requestUpgrade()` resolves to. */
export interface RequestedUpgrade {
  /** The protocol the server has switched to, in its words. */
  protocol: string;
  /** The 101. */
  response: IncomingMessage;
  /** The socket; what arrived behind the 101 is in it. */
  stream: Duplex;
}

/** What `requestUpgrade()` rejects with when the server answers something that is no upgrade, or not the one asked for. */
export interface RequestUpgradeError extends Error {
  code: 'ERR_UPSHIFT_NOT_UPGRADED' | 'ERR_UPSHIFT_INVALID_UPGRADE';
  /** The answer; an ordinary one can be read, and should be, or destroyed. */
  response: IncomingMessage;
}

/** Asks a server to go on with another protocol (RFC 9110, section 7.8). */
export declare function requestUpgrade(url: string | URL, options: RequestUpgradeOptions): Promise<RequestedUpgrade>;
