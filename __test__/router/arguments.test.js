'use strict';

// Does a router say at once, and clearly, that it was given something else than it takes?

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');

const express = require('express');

const { createUpgradeRouter } = require('../..');

/** A handler that is of no interest. */
const handler = () => {};

test('a router is made for a server', () => {
  const message = /^The "server" argument must be an HTTP server: /;

  for (const wrong of [undefined, null, {}, 'server', 3000, express(), handler]) {
    assert.throws(() => createUpgradeRouter(wrong), { name: 'TypeError', message });
  }
});

test('its limits are numbers', () => {
  for (const name of ['maxUpgradeBody', 'upgradeTimeout']) {
    for (const wrong of ['1000', -1, NaN, {}]) {
      assert.throws(() => createUpgradeRouter(http.createServer(), { [name]: wrong }), {
        name: 'TypeError',
        message: `The "${name}" option must be a number that is not negative`
      });
    }

    const { options } = createUpgradeRouter(http.createServer(), { [name]: undefined });

    assert.ok(options[name] > 0);
    assert.equal(createUpgradeRouter(http.createServer(), { [name]: 0 }).options[name], 0);
  }
});

test('a route has a path that a request can have, and functions where it calls them', () => {
  const router = createUpgradeRouter(http.createServer());
  const routes = {
    websocket: (path, authenticate, called = handler) => router.websocket(path, { authenticate }, called),
    protocol: (path, authenticate, called = handler) => router.protocol('echo/1', { authenticate, path }, called)
  };

  for (const route of Object.values(routes)) {
    assert.throws(() => route('rooms/:id'), {
      name: 'TypeError',
      message: 'A path pattern must begin with "/", not "rooms/:id"'
    });
    assert.throws(() => route(['/rooms', '']), {
      name: 'TypeError',
      message: 'A path pattern must begin with "/", not ""'
    });
    assert.throws(() => route('/', true), {
      name: 'TypeError',
      message: 'The "authenticate" option must be a function'
    });
    assert.throws(() => route('/', null, 'handler'), {
      name: 'TypeError',
      message: 'The "handler" argument must be a function'
    });
    route(['/rooms/:id', '/files/*path', '{/:optional}']);
  }
  assert.throws(() => router.websocket('/', {}), {
    name: 'TypeError',
    message: 'The "handler" argument must be a function'
  });
});
