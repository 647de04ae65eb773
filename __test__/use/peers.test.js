'use strict';

/**
 * Does it say precisely what is wrong when a framework is missing, or another one?
 */

const assert = require('node:assert/strict');
const { it } = require('node:test');
const express = require('express');
const express4 = require('express4');
const manifest = require('../../package.json');
const upgrades = require('../../lib/use/express');
const websocket = require('../../lib/use/fastify');

const code = 'ERR_UPSHIFT_FRAMEWORK';

it('names the Express that is installed when it gets something else', () => {
  const installed = `the installed express is ${require('express/package.json').version}`;
  const { methods: _methods, ...old } = express();
  for (const target of [undefined, {}, () => {}, { handle() {} }, express, old]) {
    assert.throws(() => upgrades(target), { code, message: new RegExp(installed) });
  }
});

it('takes apps and routers of both', () => {
  for (const one of [express, express4]) {
    for (const target of [one(), one.Router(), one.Router({ mergeParams: true })]) {
      assert.equal(upgrades(target), target);
      assert.equal(typeof target.upgrade, 'function');
      assert.throws(() => target.upgrade('/'), TypeError);
      assert.throws(() => target.upgrade('/', {}), TypeError);
    }
  }
});

it('is a plugin for Fastify 4 and 5, under the name of the one it stands for', () => {
  assert.deepEqual(websocket[Symbol.for('plugin-meta')], { fastify: '4.x || 5.x', name: '@fastify/websocket' });
  assert.equal(websocket.default, websocket);
  assert.equal(websocket.fastifyWebsocket, websocket);
  for (const version of [undefined, '3.29.5', '6.0.0']) {
    websocket({ version }, {}, (err) => {
      assert.equal(err.code, code);
      assert.equal(err.message, `upshift/use/fastify needs Fastify 4 or 5, not ${version}`);
    });
  }
});

it('depends on neither', () => {
  const { dependencies, peerDependencies, peerDependenciesMeta } = manifest;
  assert.deepEqual(Object.keys(peerDependencies), ['express', 'fastify']);
  assert.deepEqual(peerDependenciesMeta, { express: { optional: true }, fastify: { optional: true } });
  for (const name of Object.keys(peerDependencies)) assert.equal(dependencies[name], undefined);
});
