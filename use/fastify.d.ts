// The types of upshift/use/fastify: those of @fastify/websocket, which is not used beside it.

import * as fastify from 'fastify';
import { IncomingMessage, Server, ServerResponse } from 'http';
import WebSocket = require('../index');

type Defaults = {
  server: fastify.RawServerDefault;
  config: fastify.ContextConfigDefault;
  provider: fastify.FastifyTypeProviderDefault;
};

declare module 'fastify' {
  interface RouteShorthandOptions<
    // eslint-disable-next-line @typescript-eslint/no-unused-vars
    RawServer extends fastify.RawServerBase = fastify.RawServerDefault
  > {
    /** Whether the handler is one for WebSockets. */
    websocket?: boolean;
  }

  interface FastifyInstance<RawServer, RawRequest, RawReply, Logger, TypeProvider> {
    /** What accepts the WebSockets of all routes. */
    websocketServer: WebSocket.Server;
    /** Opens a WebSocket to a route without a port. */
    injectWS: fastifyWebsocket.InjectWS<RawRequest>;
  }

  interface FastifyRequest {
    /** Whether the request is an upgrade. */
    ws: boolean;
  }

  interface RouteShorthandMethod<
    RawServer extends fastify.RawServerBase = fastify.RawServerDefault,
    RawRequest extends fastify.RawRequestDefaultExpression<RawServer> = fastify.RawRequestDefaultExpression<RawServer>,
    RawReply extends fastify.RawReplyDefaultExpression<RawServer> = fastify.RawReplyDefaultExpression<RawServer>,
    TypeProvider extends fastify.FastifyTypeProvider = fastify.FastifyTypeProviderDefault,
    Logger extends fastify.FastifyBaseLogger = fastify.FastifyBaseLogger
  > {
    <
      RequestGeneric extends fastify.RequestGenericInterface = fastify.RequestGenericInterface,
      ContextConfig = fastify.ContextConfigDefault,
      SchemaCompiler extends fastify.FastifySchema = fastify.FastifySchema,
      InnerLogger extends Logger = Logger
    >(
      path: string,
      options: fastify.RouteShorthandOptions<
        RawServer,
        RawRequest,
        RawReply,
        RequestGeneric,
        ContextConfig,
        SchemaCompiler,
        TypeProvider,
        InnerLogger
      > & { websocket: true },
      handler?: fastifyWebsocket.WebsocketHandler<
        RawServer,
        RawRequest,
        RequestGeneric,
        ContextConfig,
        SchemaCompiler,
        TypeProvider,
        InnerLogger
      >
    ): fastify.FastifyInstance<RawServer, RawRequest, RawReply, InnerLogger, TypeProvider>;
  }

  interface RouteOptions<
    RawServer extends fastify.RawServerBase = fastify.RawServerDefault,
    RawRequest extends fastify.RawRequestDefaultExpression<RawServer> = fastify.RawRequestDefaultExpression<RawServer>,
    // eslint-disable-next-line @typescript-eslint/no-unused-vars
    RawReply extends fastify.RawReplyDefaultExpression<RawServer> = fastify.RawReplyDefaultExpression<RawServer>,
    RouteGeneric extends fastify.RouteGenericInterface = fastify.RouteGenericInterface,
    ContextConfig = fastify.ContextConfigDefault,
    SchemaCompiler = fastify.FastifySchema,
    TypeProvider extends fastify.FastifyTypeProvider = fastify.FastifyTypeProviderDefault,
    Logger extends fastify.FastifyBaseLogger = fastify.FastifyBaseLogger
  > {
    /** The handler of WebSockets, beside that of ordinary requests. */
    wsHandler?: fastifyWebsocket.WebsocketHandler<
      RawServer,
      RawRequest,
      RouteGeneric,
      ContextConfig,
      SchemaCompiler & fastify.FastifySchema,
      TypeProvider,
      Logger
    >;
  }
}

/** A plugin for routes with `{ websocket: true }`. */
declare const fastifyWebsocket: fastify.FastifyPluginCallback<fastifyWebsocket.WebsocketPluginOptions> & {
  readonly default: typeof fastifyWebsocket;
  readonly fastifyWebsocket: typeof fastifyWebsocket;
};

declare namespace fastifyWebsocket {
  type WebsocketHandler<
    RawServer extends fastify.RawServerBase = Defaults['server'],
    RawRequest extends fastify.RawRequestDefaultExpression<RawServer> = fastify.RawRequestDefaultExpression<RawServer>,
    RequestGeneric extends fastify.RequestGenericInterface = fastify.RequestGenericInterface,
    ContextConfig = Defaults['config'],
    SchemaCompiler extends fastify.FastifySchema = fastify.FastifySchema,
    TypeProvider extends fastify.FastifyTypeProvider = Defaults['provider'],
    Logger extends fastify.FastifyBaseLogger = fastify.FastifyBaseLogger
  > = (
    this: fastify.FastifyInstance<Server, IncomingMessage, ServerResponse>,
    socket: WebSocket,
    request: fastify.FastifyRequest<
      RequestGeneric,
      RawServer,
      RawRequest,
      SchemaCompiler,
      TypeProvider,
      ContextConfig,
      Logger
    >
  ) => void | Promise<any>;

  /** What is to be done with an injected WebSocket early. */
  interface InjectWSOption {
    onInit?: (ws: WebSocket) => void;
    onOpen?: (ws: WebSocket) => void;
  }

  type InjectWS<RawRequest = IncomingMessage> = (
    path?: string,
    upgradeContext?: Partial<RawRequest>,
    options?: InjectWSOption
  ) => Promise<WebSocket>;

  /** Options of the WebSocket server. */
  interface WebSocketServerOptions extends Omit<WebSocket.ServerOptions, 'path' | 'noServer'> {
    /** Milliseconds that hooks may take, 0 for any number. Default: 10000. */
    upgradeTimeout?: number | undefined;
  }

  interface WebsocketPluginOptions {
    /** Called with what handlers throw or reject with, and with the errors of their WebSockets. */
    errorHandler?: (
      this: fastify.FastifyInstance,
      error: Error,
      socket: WebSocket,
      request: fastify.FastifyRequest,
      reply: fastify.FastifyReply
    ) => void;
    options?: WebSocketServerOptions;
    /** Closes the WebSockets when the app closes. */
    preClose?:
      | ((this: fastify.FastifyInstance, done: (err?: Error) => void) => void)
      | ((this: fastify.FastifyInstance) => Promise<unknown>);
    /** Whether `onSend` and `onResponse` hooks run for the 101 too. Default: `false`. */
    responseHooks?: boolean;
  }

  /** Options of a route of the app, with those of WebSockets. */
  type RouteOptions = fastify.RouteOptions;
}

export = fastifyWebsocket;
