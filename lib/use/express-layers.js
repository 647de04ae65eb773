'use strict';

// Which parts of an Express app does an upgrade pass through? All middleware (`app.use()`, `app.all()`, parameters, error
// handlers), and the routes made for upgrades; not those for GET, which would answer it with a page, and no files.
//
// Express knows no such difference: to it the request is a GET, and that is what middleware has to see in `req.method`.
// So one method of its layers, which all it calls goes through, is taught to step over what does not concern upgrades.
// The layers of Express 4 and 5 are alike but for its name.

const { exchangeOf } = require('./exchange');

/** The layers of the routes made for upgrades. */
const upgradeLayers = new WeakSet();

/** The routes made for upgrades. */
const upgradeRoutes = new WeakSet();

/** On the prototype of layers that were taught; one for each process, however many copies of us there are. */
const TAUGHT = Symbol.for('upshift.express.taught');

/** What `express.static()` calls its middleware. */
const STATIC = 'serveStatic';

/**
 * Makes a route for upgrades.
 *
 * @param {Function} target An app or a router of Express
 * @param {(String|RegExp|Array)} path The path
 * @param {Function[]} handlers Its middleware, and what accepts behind it
 * @return {Object} The route
 * @public
 */
function addRoute(target, path, handlers) {
  const route = target.route(path);

  // An ordinary GET has to go on to the next route.
  route.get((req, res, next) => next(exchangeOf(req) === undefined ? 'route' : undefined), ...handlers);
  upgradeRoutes.add(route);
  route.stack.forEach((layer) => upgradeLayers.add(layer));
  teach(Object.getPrototypeOf(route.stack[0]));
  return route;
}

/**
 * Tells whether a route was made for upgrades.
 *
 * @param {Object} route The route
 * @return {Boolean} `true` if so
 * @public
 */
function isUpgradeRoute(route) {
  return upgradeRoutes.has(route);
}

module.exports = { addRoute, isUpgradeRoute };

/**
 * Lets the layers of one copy of Express step over what does not concern upgrades.
 *
 * @param {Object} prototype The prototype of its layers
 * @private
 */
function teach(prototype) {
  if (Object.hasOwn(prototype, TAUGHT)) return;

  const name = 'handleRequest' in prototype ? 'handleRequest' : 'handle_request';
  const original = prototype[name];

  Object.defineProperty(prototype, TAUGHT, { value: true });
  prototype[name] = function (req, res, next) {
    if (exchangeOf(req) !== undefined && isSteppedOver(this, req.route)) next();
    else original.call(this, req, res, next);
  };
}

/**
 * Tells whether a layer is nothing for upgrades.
 *
 * @param {Object} layer The layer
 * @param {Object} [within] The route that is being dispatched, if the layer belongs to one
 * @return {Boolean} `true` if so
 * @private
 */
function isSteppedOver(layer, within) {
  const { handle, method, route } = layer;

  if (route) return !upgradeRoutes.has(route) && !route.stack.some((one) => !one.method || isForAll(one, route));
  if (method) return !upgradeLayers.has(layer) && !isForAll(layer, within);
  return handle.name === STATIC;
}

/**
 * Tells whether a layer for GET was made by `app.all()`, which makes one for each method there is.
 *
 * @param {Object} layer The layer
 * @param {Object} [route] Its route
 * @return {Boolean} `true` if so
 * @private
 */
function isForAll({ handle, method }, route) {
  // Nobody else has a use for this one: such requests are no requests for Express.
  return (
    method === 'get' && route !== undefined && route.stack.some((o) => o.method === 'connect' && o.handle === handle)
  );
}
