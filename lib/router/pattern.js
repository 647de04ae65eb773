'use strict';

// Does a path fit a route, and with which parameters? The patterns are those of Express 5 and its router, by the same
// package.

const { match } = require('path-to-regexp');

/** What a route without parameters gives. */
const NO_PARAMS = Object.freeze({ __proto__: null });

/**
 * Compiles a pattern.
 *
 * @param {(String|String[]|null)} pattern A path such as `/rooms/:id`, or several; `null` fits every path
 * @return {Function} Returns the parameters for a path, or `null`
 * @throws {TypeError} If the pattern is none
 * @private
 */
function compile(pattern) {
  if (pattern == null) return () => NO_PARAMS;
  if (![].concat(pattern).every((one) => typeof one === 'string')) {
    throw new TypeError('A path pattern must be a string or an array of strings');
  }

  const astray = [].concat(pattern).find((one) => !/^[/*{]/.test(one));

  if (astray !== undefined) throw new TypeError(`A path pattern must begin with "/", not ${JSON.stringify(astray)}`);

  const matches = match(pattern);

  return (path) => {
    try {
      return matches(path).params ?? null;
    } catch {
      // A parameter that is no well-formed percent-encoding.
      return null;
    }
  };
}

/**
 * The path of a request target, without its query.
 *
 * @param {String} url The request target
 * @return {String} The path
 * @private
 */
function pathOf(url) {
  const start = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url)?.[0].length ?? 0;
  const [path] = url.slice(start).split(/[?#]/, 1);

  return path === '' ? '/' : path;
}

module.exports = { compile, pathOf };
