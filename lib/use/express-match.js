'use strict';

// Does an Express app have a route for this upgrade? Asked before any of its middleware runs: a request that none of its
// routes wants belongs to somebody else, and middleware that says 404 must not see it.
//
// The routers are walked as Express would walk them, with the layers' own `match()`. What they cannot tell, where an app
// is mounted, is noted when it happens.

const { isUpgradeRoute } = require('./express-layers');

/** The apps with routes for upgrades, and those above them, by the app they are mounted in. */
const mounted = new WeakMap();

/** What Express calls the function that stands for a mounted app. */
const MOUNTED = 'mounted_app';

/** Scheme and host of a target in absolute form. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/**
 * Notes where an app is mounted, or will be.
 *
 * @param {Function} app The app
 * @public
 */
function noteMounts(app) {
  if (app.parent) note(app.parent, app);
  app.on('mount', (parent) => note(parent, app));
}

/**
 * Tells whether some route for upgrades has this URL.
 *
 * @param {Function} app The app, or a router
 * @param {String} url The target of the request
 * @return {Boolean} `true` if so
 * @public
 */
function hasRoute(app, url) {
  const path = url.replace(ORIGIN, '').replace(/[?#].*/s, '');

  return walk(app, path.startsWith('/') ? path : `/${path}`);
}

module.exports = { hasRoute, noteMounts };

/**
 * Notes that an app is mounted in another one, which may be mounted itself.
 *
 * @param {Function} parent The other one
 * @param {Function} app The app
 * @private
 */
function note(parent, app) {
  const known = mounted.get(parent);

  if (known !== undefined) {
    known.add(app);
    return;
  }

  mounted.set(parent, new Set([app]));
  noteMounts(parent);
}

/**
 * Looks for a route in an app or router.
 *
 * @param {Function} target The app or router
 * @param {String} path What is left of the path
 * @return {Boolean} Whether there is one
 * @private
 */
function walk(target, path) {
  return stackOf(target).some((layer) => {
    const matched = matchedBy(layer, path);

    if (matched === null) return false;
    if (layer.route) return isUpgradeRoute(layer.route);

    const rest = restOf(path, matched);

    if (rest === null) return false;
    if (layer.name === MOUNTED) return [...(mounted.get(target) ?? [])].some((app) => walk(app, rest));
    return Array.isArray(layer.handle.stack) && walk(layer.handle, rest);
  });
}

/**
 * The layers of an app or router.
 *
 * @param {Function} target The app or router
 * @return {Object[]} The layers
 * @private
 */
function stackOf(target) {
  if (Array.isArray(target.stack)) return target.stack;
  // Express 4 throws from `app.router`.
  return (target._router ?? ('lazyrouter' in target ? null : target.router))?.stack ?? [];
}

/**
 * Asks a layer for what it matches.
 *
 * @param {Object} layer The layer
 * @param {String} path The path
 * @return {?String} The part of the path that it matches; `null` if it does not
 * @private
 */
function matchedBy(layer, path) {
  try {
    const match = layer.match(path);

    if (!match) return null;
    // Express 5 returned what Express 4 leaves on the layer at first.
    return match === true ? layer.path : match.path;
  } catch {
    // It cannot be decoded.
    return null;
  }
}

/**
 * What is left of a path behind what was matched.
 *
 * @param {String} path The path
 * @param {String} matched What was matched
 * @return {?String} The rest; `null` when the match ends within a segment
 * @private
 */
function restOf(path, matched) {
  const rest = path.slice(matched.length);

  if (matched === '' || rest === '' || rest.startsWith('/')) return rest.startsWith('/') ? rest : `/${rest}`;
  return matched.endsWith('/') ? `/${rest}` : null;
}
