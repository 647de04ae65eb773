'use strict';

// Which routes of a Fastify app are for WebSockets? Asked before its hooks run, so that what others on the same server
// want does not meet hooks that refuse it. Fastify's router tells no more than that some route has a path; so one of the
// same class is kept beside it, with the same paths.
//
// Constraints play no part in it: a path that has a WebSocket route under one of them is taken for one.

/** The property of an app in which it keeps the router for what has no route, by its description. */
const FOUR_OH_FOUR = 'fastify.404';

/** The one in which it keeps its options. */
const OPTIONS = 'fastify.options';

/** What decides how paths are compared. */
const ROUTER_OPTIONS = [
  'allowUnsafeRegex',
  'caseSensitive',
  'ignoreDuplicateSlashes',
  'ignoreTrailingSlash',
  'maxParamLength',
  'useSemicolonDelimiter'
];

/**
 * The paths of an app's routes for GET.
 */
class KnownRoutes {
  /**
   * Create the list of an app that has no routes yet.
   *
   * @param {Object} app The app
   */
  constructor(app) {
    this.app = app;
    this.root = rootOf(app);
    this.router = routerLike(app);
    this.rewriteUrl = propertyOf(this.root, OPTIONS)?.rewriteUrl;
    this.kinds = new Map();
  }

  /**
   * Adds a route.
   *
   * @param {Object} route Its options, as Fastify's hook tells them
   * @param {Boolean} isWebSocket Whether it is for WebSockets
   * @public
   */
  add({ method, prefix, prefixTrailingSlash = 'both', routePath, url }, isWebSocket) {
    if (this.router === null || ![].concat(method).includes('GET')) return;

    this._addPath(url, isWebSocket);
    // The hook is not told of the second one.
    if (prefix && routePath === '' && prefixTrailingSlash === 'both') this._addPath(`${url}/`, isWebSocket);
  }

  /**
   * Says what kind of route there is for a request.
   *
   * @param {http.IncomingMessage} req The request
   * @return {?String} `'websocket'`, `'plain'`, or `null` if there is none
   * @public
   */
  kindOf(req) {
    const url = this._rewritten(req);

    if (this.router === null) return this.app.findRoute({ method: 'GET', url }) ? 'websocket' : null;

    return this.router.find('GET', url, {})?.store.kind ?? null;
  }

  /**
   * Says which URL Fastify will look up. It asks for it again when it does; the request is to look as it did until then.
   *
   * @param {http.IncomingMessage} req The request
   * @return {String} The URL
   * @private
   */
  _rewritten(req) {
    const { url } = req;

    if (typeof this.rewriteUrl !== 'function') return url;

    req.originalUrl = url;

    const rewritten = this.rewriteUrl.call(this.root, req);

    req.url = url;
    delete req.originalUrl;
    // With anything else Fastify ends the request, whatever route it has.
    return typeof rewritten === 'string' ? rewritten : url;
  }

  /**
   * Adds a path, or adds to what is known of it.
   *
   * @param {String} path The path
   * @param {Boolean} isWebSocket Whether it is for WebSockets
   * @private
   */
  _addPath(path, isWebSocket) {
    const kind = isWebSocket ? 'websocket' : 'plain';
    const known = this.kinds.get(path);

    if (known !== undefined) {
      if (isWebSocket) known.kind = kind;
      return;
    }

    const store = { kind };

    this.kinds.set(path, store);

    try {
      this.router.on('GET', path, nothing, store);
    } catch {
      // The same path in other letters; or a fault that Fastify is about to report.
    }
  }
}

module.exports = { KnownRoutes };

/**
 * Makes an empty router of the class that an app uses.
 *
 * @param {Object} app The app
 * @return {?Object} The router; `null` if that class cannot be found
 * @private
 */
function routerLike(app) {
  const Router = propertyOf(rootOf(app), FOUR_OH_FOUR)?.router?.constructor;

  if (typeof Router !== 'function' || typeof Router.prototype.find !== 'function') return null;

  const config = { ...app.initialConfig, ...app.initialConfig.routerOptions };

  return new Router(Object.fromEntries(ROUTER_OPTIONS.map((name) => [name, config[name]])));
}

/**
 * The outermost app around one; only that has symbols of its own.
 *
 * @param {Object} app An app, or one that is encapsulated in it
 * @return {Object} The outermost one
 * @private
 */
function rootOf(app) {
  const above = Object.getPrototypeOf(app);

  return above !== null && typeof above.routing === 'function' ? rootOf(above) : app;
}

/**
 * Reads a property that Fastify keeps to itself.
 *
 * @param {Object} root The outermost app
 * @param {String} name The description of its symbol
 * @return {*} The property, if there is one
 * @private
 */
function propertyOf(root, name) {
  return root[Object.getOwnPropertySymbols(root).find(({ description }) => description === name)];
}

/**
 * The handler of routes that are looked up only.
 *
 * @private
 */
function nothing() {}
