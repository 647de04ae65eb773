'use strict';

// What happens when a variable of the environment has a value that is none? It is found when the package is loaded, not
// by the first client.

const assert = require('node:assert/strict');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { test } = require('node:test');

const root = path.join(__dirname, '..');

/**
 * Loads the package in a process of its own.
 *
 * @param {Object} env Variables for it
 * @return {Object} `{ status, stderr }`
 */
function load(env) {
  const clean = { ...process.env, UPSHIFT_DRIVER: '', UPSHIFT_REACTORS: '', UPSHIFT_TRANSPORT: '' };

  return spawnSync(process.execPath, ['-e', `require(${JSON.stringify(root)})`], {
    encoding: 'utf8',
    env: { ...clean, ...env }
  });
}

for (const [name, value, message] of [
  ['UPSHIFT_DRIVER', 'uring', /UPSHIFT_DRIVER.* must be one of auto, loop, threads, not "uring"/],
  ['UPSHIFT_REACTORS', '0', /UPSHIFT_REACTORS.* must be an integer from 1 to 64, not "0"/],
  ['UPSHIFT_REACTORS', 'many', /UPSHIFT_REACTORS.* must be an integer from 1 to 64, not "many"/],
  ['UPSHIFT_TRANSPORT', 'pigeon', /UPSHIFT_TRANSPORT must be one of auto, fd, stream, not "pigeon"/]
]) {
  test(`${name}=${value} is refused`, () => {
    const { status, stderr } = load({ [name]: value });

    assert.notEqual(status, 0);
    assert.match(stderr, message);
  });
}

test('empty variables are as good as none', () => {
  assert.deepEqual([load({}).status, load({}).stderr], [0, '']);
});
