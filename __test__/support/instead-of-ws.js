'use strict';

// What would a program do if npm had put us in the place of ws (`"ws": "npm:upshift"`)? Preloaded with `--require`, this
// answers every `require('ws')` with our package.

const Module = require('node:module');
const path = require('node:path');

const ours = path.resolve(__dirname, '../../index.js');
const resolve = Module._resolveFilename;

Module._resolveFilename = function (request, ...rest) {
  return request === 'ws' ? ours : resolve.call(this, request, ...rest);
};
