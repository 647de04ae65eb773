'use strict';

// How does a path get WebSockets? Each route is a WebSocketServer without a server of its own, so it has all its options;
// requests are judged by RFC 6455, complete, and before the application is asked about them.

const WebSocketServer = require('../server/websocket-server');
const { admit, hold, refuse } = require('./admission');
const { checkFunction } = require('./arguments');
const { compile } = require('./pattern');
const { inspectStrictly, ownLines } = require('../handshake/handshake');
const { choose } = require('../handshake/subprotocol');
const { decline } = require('../handshake/refusal');

/** Options of a WebSocketServer that say where its requests come from. */
const NOT_OURS = ['host', 'noServer', 'path', 'port', 'server'];

/** How much a client may have sent that leaves before the 101, so that this shows: it does not want it any more. */
const EARLY = 64 * 1024;

/** An empty part of a request. */
const NOTHING = Buffer.alloc(0);

/** What a peer does wrong ends its connection; that nobody listens to it must not end the process. */
function ignore() {}

/**
 * The server of a route: what its application may choose is limited to what the client offers.
 */
class RouteServer extends WebSocketServer {
  /**
   * Create a `RouteServer`.
   *
   * @param {Object} options Those of a `WebSocketServer`
   * @param {Function} onFault `onFault(req, err)`, called when the application could not choose: has to answer
   */
  constructor(options, onFault) {
    super(options);
    this._$onFault = onFault;
  }

  /**
   * Chooses the subprotocol.
   *
   * @param {Set} protocols The ones the client offers
   * @param {http.IncomingMessage} req The request
   * @return {?String} The subprotocol, empty for none; `null` if the request was refused
   * @private
   */
  _$protocolFor(protocols, req) {
    try {
      return choose([...protocols], this.options.handleProtocols, req) ?? '';
    } catch (err) {
      this._$onFault(req, err);
      return null;
    }
  }
}

/**
 * A route to WebSockets.
 */
class WebSocketRoute {
  /**
   * Create a `WebSocketRoute`.
   *
   * @param {(String|String[]|null)} pattern The path
   * @param {Object} options Those of a `WebSocketServer`, and:
   * @param {Function} [options.authenticate] Decides who may come in
   * @param {Object} [options.headers] More headers for the 101
   * @param {Function} handler `handler(ws, req, { params, auth })`
   */
  constructor(pattern, { authenticate, headers, ...options }, handler) {
    for (const name of NOT_OURS) {
      if (options[name] != null) throw new TypeError(`The "${name}" option is not one of a route`);
    }

    if (authenticate != null) checkFunction('option', 'authenticate', authenticate);
    if (options.handleProtocols != null) checkFunction('option', 'handleProtocols', options.handleProtocols);
    this.authenticate = authenticate;
    /** The requests that `verifyClient` and `handleProtocols` may be asked about. */
    this.contexts = new WeakMap();
    this.early = EARLY;
    this.handler = handler;
    this.params = compile(pattern);
    this.wss = new RouteServer(
      {
        ...options,
        noServer: true,
        verifyClient: options.verifyClient ? (info, done) => this.verify(options, info, done) : null
      },
      (req, err) => refuse(this.contexts.get(req), err)
    );

    const lines = ownLines(headers);

    if (lines.length > 0) this.wss.on('headers', (all) => all.push(...lines));
  }

  /**
   * Is this request one for this route?
   *
   * @param {Object} asked A protocol the client asks for
   * @param {Object} context The request
   * @return {?Object} `{ params }`
   * @public
   */
  offer({ name, version }, { path }) {
    const params = name === 'websocket' && version === null ? this.params(path) : null;

    return params === null ? null : { params };
  }

  /**
   * Answers the request.
   *
   * @param {Object} match What `offer` gave
   * @param {Object} context The request
   * @public
   */
  take({ params }, context) {
    const { req, socket } = context;
    const verdict = inspectStrictly(req);
    const { headers, message, status } = verdict;

    if (status !== 101) {
      decline(req, socket, status, { body: message, headers: Object.fromEntries(headers) });
      return;
    }

    admit(context, this, params, (auth) => {
      const { head } = context;

      // It comes before what is in the socket, whoever waits from now on.
      context.head = NOTHING;
      this.contexts.set(req, context);
      this.wss._$upgrade(verdict, { req, socket, head }, (ws) => {
        ws.on('error', ignore);
        this.wss.emit('connection', ws, req);
        this.handler(ws, req, { params, auth });
      });
    });
  }

  /**
   * Asks the application's `verifyClient`, in either of its forms, under the same conditions as `authenticate`.
   *
   * @param {Object} options The options it is in
   * @param {Object} info What it is told
   * @param {Function} done Called with its answer
   * @private
   */
  verify(options, info, done) {
    const context = this.contexts.get(info.req);
    const { conclude } = hold(context, EARLY);
    const answer = (...said) => {
      if (conclude()) done(...said);
    };

    try {
      if (options.verifyClient.length === 2) options.verifyClient(info, answer);
      else answer(options.verifyClient(info));
    } catch (err) {
      if (!conclude()) throw err;

      refuse(context, err);
    }
  }

  /**
   * Takes nothing any more, and closes what it has opened.
   *
   * @return {Promise<void>} Resolved when all its WebSockets are closed
   * @public
   */
  close() {
    for (const ws of this.wss.clients ?? []) ws.close(1001);

    return new Promise((resolve) => this.wss.close(() => resolve()));
  }
}

module.exports = { WebSocketRoute };
