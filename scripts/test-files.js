'use strict';

/**
 * Which test files are there, and how often does each run? The folder of a file decides.
 */

const fs = require('node:fs');
const path = require('node:path');
const { root } = require('./process');

/** Folders with an own command: `npm run test:peers`. */
const SPECIAL = ['interop', 'peers'];

/** What is asserted here has to hold however the bytes travel, so it runs once per way. */
const ON_EVERY_PATH = ['behaviour', 'compat', 'guarantees'];

/** Other upgrades and other versions of HTTP: what is tested here knows what each version of Node does. */
const UPGRADES = ['h2c', 'http2', 'request-upgrade', 'router', 'tls-upgrade', 'use'];

/** Folders whose tests want the machine for themselves: they crowd it, or measure memory. */
const ALONE = ['', 'engine'];

/** The ways a message can travel; the pinned ones leave nothing to the policy that picks one by load. */
const PATHS = [
  { name: 'driver auto', env: { UPSHIFT_DRIVER: 'auto', UPSHIFT_TRANSPORT: 'auto' } },
  { name: 'driver loop', pinned: true, env: { UPSHIFT_DRIVER: 'loop', UPSHIFT_TRANSPORT: 'fd' } },
  { name: 'driver threads', pinned: true, env: { UPSHIFT_DRIVER: 'threads', UPSHIFT_TRANSPORT: 'fd' } },
  { name: 'stream transport', pinned: true, env: { UPSHIFT_DRIVER: 'auto', UPSHIFT_TRANSPORT: 'stream' } }
];

/** Those tests against foreign programs that take seconds and know what a version of Node does: the other upgrades. */
const QUICK_PEERS = ['h2c', 'http2', 'ipptool', 'java', 'one-port'];

/** Several I/O threads at once, which is not the default where there are few cores. */
const SEVERAL = {
  name: 'three threads',
  env: { UPSHIFT_DRIVER: 'threads', UPSHIFT_REACTORS: '3', UPSHIFT_TRANSPORT: 'fd' }
};

/** Behaviour of servers and clients that can be made so that their connections are no TCP sockets. */
const OVER_STREAMS = [
  ...'backpressure blob close deflate deflate-negotiation early-data errors events'.split(' '),
  ...'handlers handshake large options pause receive refusals send server'.split(' '),
  ...'client/abort client/context client/deflate client/endings client/frames client/process'.split(' '),
  ...'client/redirects client/request client/response'.split(' ')
];
const OVER_HTTP2 = ['close', 'errors', 'events', 'pause', 'receive', 'send', 'server'];

/** What else connections can be made of, and which tests make them so. ws does not know HTTP/2. */
const BELOW = [
  { below: 'tls', tests: OVER_STREAMS },
  { below: 'duplex', tests: OVER_STREAMS },
  { below: 'h2', tests: OVER_HTTP2, isOurs: true }
];

/** The package whose behaviour is the reference: what it does differently is a mistake in the tests. */
const INCUMBENT = { name: 'ws itself', env: { UPSHIFT_TEST_IMPL: 'ws' } };

/**
 * Lists the test files of one folder of __test__, or of the top of it.
 *
 * @param {string} folder Folder, '' for the files directly in __test__
 * @return {string[]} Files, relative to the root, sorted
 * @public
 */
function testFiles(folder) {
  const base = path.join('__test__', folder);
  if (!fs.existsSync(path.join(root, base))) return [];
  return fs
    .readdirSync(path.join(root, base), { recursive: folder !== '' })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => path.join(base, name))
    .sort();
}

/**
 * Makes the runs of some folders on every path.
 *
 * @param {string[]} folders Folders
 * @param {{ name: string, env: object }[]} [paths] Other paths than those there are
 * @return {{ name: string, files: string[], env: object }[]} Runs
 * @public
 */
function onEveryPath(folders, paths = PATHS) {
  return paths.map(({ name, env }) => ({ name, files: folders.flatMap(testFiles), env }));
}

/**
 * Picks the pinned paths that a command line names: `--path=loop`, `--path=threads`, `--path=stream`.
 *
 * @param {string[]} args Command line
 * @param {boolean} [all=true] Whether it is all of them when none is named
 * @return {{ name: string, env: object }[]} Paths
 * @throws {Error} When there is no such path
 * @public
 */
function pinnedPaths(args, all = true) {
  const pinned = PATHS.filter((one) => one.pinned);
  const words = args.filter((arg) => arg.startsWith('--path=')).map((arg) => arg.slice('--path='.length));
  if (words.length === 0) return all ? pinned : [];
  return words.map((word) => {
    const found = pinned.find(({ name }) => name.split(' ').includes(word));
    if (found === undefined) throw new Error(`there is no path called ${word}`);
    return found;
  });
}

/**
 * Lists the tests against foreign programs that each version of Node has to pass.
 *
 * @return {string[]} Files
 * @public
 */
function quickPeers() {
  return QUICK_PEERS.map((name) => path.join('__test__/peers', `${name}.test.js`));
}

/**
 * Makes the runs over what is no TCP socket, of our package and of the incumbent.
 *
 * @return {{ name: string, files: string[], env: object }[]} Runs
 * @private
 */
function overOthers() {
  return BELOW.flatMap(({ below, tests, isOurs = false }) =>
    [{ name: 'upshift', env: {} }, ...(isOurs ? [] : [INCUMBENT])].map(({ name, env }) => ({
      name: `${name} over ${below}`,
      files: [...tests.map((test) => path.join('__test__/behaviour', `${test}.test.js`)), ...testFiles('compat')],
      env: { ...env, UPSHIFT_TEST_OVER: below }
    }))
  );
}

/**
 * Makes the list of runs that `npm test` consists of.
 *
 * @return {{ name: string, files: string[], env: object, mostlyWaits: (boolean|undefined) }[]} Runs
 * @public
 */
function plan() {
  const folders = fs
    .readdirSync(path.join(root, '__test__'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && ![...ON_EVERY_PATH, ...SPECIAL, ...ALONE].includes(entry.name))
    .map((entry) => entry.name)
    .sort();
  const once = { name: 'once', files: ALONE.flatMap(testFiles), env: {} };
  const together = { name: 'once, side by side', files: folders.flatMap(testFiles), env: {} };
  const everywhere = [
    ...onEveryPath(ON_EVERY_PATH, [...PATHS, INCUMBENT]),
    ...onEveryPath(['behaviour', 'guarantees'], [SEVERAL]),
    ...overOthers()
  ];
  const waiting = [together, ...everywhere].map((run) => ({ ...run, mostlyWaits: true }));
  return [once, ...waiting].filter(({ files }) => files.length > 0);
}

/**
 * Makes the list of runs that show whether another version of Node will do: what users rely on, once, the other upgrades,
 * and the single files of lib/, among them those that know Node's private parts.
 *
 * @return {{ name: string, files: string[], env: object }[]} Runs
 * @public
 */
function smoke() {
  const [{ name, env }] = PATHS;
  return [
    { name, files: ['', ...ON_EVERY_PATH].flatMap(testFiles), env },
    { name: 'other upgrades', files: UPGRADES.flatMap(testFiles), env, mostlyWaits: true }
  ];
}

module.exports = { PATHS, onEveryPath, pinnedPaths, plan, quickPeers, smoke, testFiles };
