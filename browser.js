'use strict';

// What does a bundler for browsers get? A function that says why there is nothing to be had.

module.exports = function () {
  throw new Error('ws does not work in the browser. Browser clients must use the native ' + 'WebSocket object');
};
