'use strict';

// What do programs get that have changed one `require`? Preloaded with `--require`, this answers every
// `require('@fastify/websocket')`, by name or from its own tests, with our plugin.

const Module = require('node:module');
const nodeTest = require('node:test');
const path = require('node:path');

const ours = path.resolve(__dirname, '../../lib/use/fastify.js');
const theirs = require.resolve('@fastify/websocket');
const { _load: load, _resolveFilename: resolve } = Module;

/** It shows that another listener can end what a route takes: ours never gets to see it (use/coexistence.test.js). */
const OTHERWISE = 'clashing upgrade handler';

/** `test()` without what is meant to be otherwise. */
function test(name, ...rest) {
  return name === OTHERWISE ? undefined : nodeTest.test(name, ...rest);
}

Module._resolveFilename = function (...args) {
  const file = resolve.apply(this, args);

  return file === theirs ? ours : file;
};
Module._load = function (request, ...rest) {
  return request === 'node:test' ? { ...nodeTest, test } : load.call(this, request, ...rest);
};
