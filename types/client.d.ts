// How a client connects.

import { Agent, ClientRequest, OutgoingHttpHeaders } from 'http';
import { ClientHttp2Session } from 'http2';
import { Duplex } from 'stream';
import { SecureContextOptions } from 'tls';
import WebSocket = require('../index');
import { ConnectionOptions, PerMessageDeflateOptions } from './options';

/** Certificates and keys. */
export type CertMeta = string | string[] | Buffer | Buffer[];

/** Adds to the request of a client, and sends it with `request.end()`. */
export type FinishRequestCallback = (request: ClientRequest, websocket: WebSocket) => void;

/** Options of a client; those of `http.request()` and `https.request()` are taken too. */
export interface ClientOptions extends SecureContextOptions, Omit<ConnectionOptions, 'WebSocket'> {
  agent?: Agent | boolean | undefined;
  /** Whether an encrypted `session` may lead elsewhere than the URL. Default: `false`. */
  anyOrigin?: boolean | undefined;
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
  /** A session of HTTP/2 to ask for the WebSocket on (RFC 8441); or one of TLS, to be resumed. */
  session?: ClientHttp2Session | Buffer | undefined;
}
