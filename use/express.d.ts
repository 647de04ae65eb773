// The types of upshift/use/express. The requests are those of @types/express.

import { Server as HttpServer } from 'http';
import { Http2SecureServer, Http2Server } from 'http2';
import { Server as HttpsServer } from 'https';
import { Application, IRouter, Request, RequestHandler } from 'express';
import WebSocket = require('../index');

/** Gives an Express app routes for upgrades, once. */
declare function upgrades<T extends Application>(app: T, options?: upgrades.UpgradesOptions): T & upgrades.UpgradeApp;
/** Gives a router routes for upgrades, which run in the app it is mounted in. */
declare function upgrades<T extends IRouter>(router: T): T & upgrades.UpgradeRouter;

declare namespace upgrades {
  /** A path of a route, as Express has them. */
  export type UpgradePath = string | RegExp | (string | RegExp)[];

  /** A server whose upgrades, and streams of HTTP/2 that ask for a WebSocket, pass through an app. */
  export type UpgradeServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer;

  /** Called with the open WebSocket, and the request that has passed through the app. */
  export type UpgradeHandler<P = Request['params']> = (ws: WebSocket, req: Request<P>) => void | Promise<void>;

  /** Options of one route: those of a `WebSocketServer`. */
  export interface UpgradeRouteOptions extends Omit<
    WebSocket.ServerOptions,
    'backlog' | 'host' | 'noServer' | 'path' | 'port' | 'server'
  > {}

  /** Options of an app: those of all its routes, and some of its own. */
  export interface UpgradesOptions extends UpgradeRouteOptions {
    /** Called with what handlers throw or reject with, and with the errors of their WebSockets. */
    errorHandler?: ((this: Application, err: unknown, ws: WebSocket, req: Request) => void) | undefined;
    /** The server that the app listens to. `app.listen()` makes its own. */
    server?: UpgradeServer | undefined;
    /** Whether the app is asked about a request. Default: if it has a route for the URL. */
    shouldHandle?: ((req: Request) => boolean) | undefined;
    /** Milliseconds that middleware may take, 0 for any number. Default: 10000. */
    upgradeTimeout?: number | undefined;
  }

  export interface UpgradeRouter {
    /** Adds a route for upgrades: middleware, and the handler behind it. */
    upgrade<P = Request['params']>(
      path: UpgradePath,
      ...handlers: [...(RequestHandler<P> | RequestHandler<P>[])[], UpgradeHandler<P>]
    ): this;
    upgrade<P = Request['params']>(
      path: UpgradePath,
      options: UpgradeRouteOptions,
      ...handlers: [...(RequestHandler<P> | RequestHandler<P>[])[], UpgradeHandler<P>]
    ): this;
  }

  export interface UpgradeApp extends UpgradeRouter {
    readonly websockets: {
      /** The WebSockets there are. */
      readonly clients: Set<WebSocket>;
      /** Takes the upgrades of a server. */
      attach(server: UpgradeServer): void;
      /** Accepts nobody any more, closes the WebSockets, and resolves when they are closed. */
      close(): Promise<void>;
    };
  }

  const upgradesItself: typeof upgrades;

  export { upgradesItself as default, upgradesItself as upgrades };
}

export = upgrades;
