'use strict';

// How does a test look at a whole process? It runs a fixture, which prints one line of JSON or sends messages.

const path = require('path');
const { fork } = require('child_process');
const { once } = require('events');

/** A child that takes longer has hung. */
const TIMEOUT = 60_000;

/**
 * Starts a fixture with the driver and transport of the test.
 *
 * @param {String} name Name of a file in __test__/fixtures, without its extension
 * @param {String[]} [args] Arguments
 * @param {Object} [options] `env` to add and `execArgv`
 * @return {ChildProcess} The child; `output()` resolves with how it ended
 */
function start(name, args = [], { env = {}, execArgv = [] } = {}) {
  const file = path.join(__dirname, '..', 'fixtures', `${name}.js`);
  const child = fork(file, args, {
    // The runner of the tests leaves a mark by which a child would believe to be one of its own.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env },
    execArgv,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    timeout: TIMEOUT
  });
  const streams = { stdout: '', stderr: '' };

  for (const key of Object.keys(streams)) child[key].setEncoding('utf8').on('data', (text) => (streams[key] += text));

  const closed = once(child, 'close');

  child.output = async () => {
    const [code, signal] = await closed;

    return { code, signal, ...streams };
  };

  return child;
}

/**
 * Runs a fixture to its end and parses what it prints.
 *
 * @param {...*} args As for `start()`
 * @return {Promise<*>} The JSON on its last line
 */
async function report(...args) {
  const { code, signal, stdout, stderr } = await start(...args).output();

  if (code !== 0) throw new Error(`ended with ${code ?? signal}\n${stdout}${stderr}`);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1));
}

module.exports = { report, start };
