'use strict';

// Does every test run? Each file belongs to a command, and a command without files has not passed.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { emptyCounts, runTests } = require('../../scripts/node-tests');
const { PATHS, onEveryPath, pinnedPaths, plan, quickPeers, smoke, testFiles } = require('../../scripts/test-files');

const filesOf = (runs) => new Set(runs.flatMap(({ files }) => files));
const all = testFiles('.');

test('npm test runs every file but those that need foreign programs', () => {
  const planned = filesOf(plan());
  const missing = all.filter((file) => !planned.has(file));

  assert.deepEqual(new Set(missing), new Set([...testFiles('interop'), ...testFiles('peers')]));
});

test('every file that is planned is there', () => {
  assert.deepEqual(
    [...filesOf(plan())].filter((file) => !all.includes(file)),
    []
  );
});

test('the attacks run once per path', () => {
  const runs = onEveryPath(['hostile']);

  assert.deepEqual(
    runs.map(({ name, env }) => ({ name, env })),
    PATHS.map(({ name, env }) => ({ name, env }))
  );
  for (const { files } of runs) assert.deepEqual(files, testFiles('hostile'));
  assert.ok(testFiles('hostile').length > 0);
});

test('what users rely on runs with several reactors too', () => {
  const runs = plan().filter(({ env }) => Number(env.UPSHIFT_REACTORS) > 2);

  assert.deepEqual(
    runs.map(({ files, env }) => ({ files, driver: env.UPSHIFT_DRIVER })),
    [{ files: ['behaviour', 'guarantees'].flatMap(testFiles), driver: 'threads' }]
  );
});

test('the smoke looks at what a user relies on, and at what depends on the version of Node', () => {
  const files = [...filesOf(smoke())];

  for (const start of ['behaviour/', 'guarantees/', 'router/', 'takeover-']) {
    assert.ok(
      files.some((file) => file.startsWith(`__test__/${start}`)),
      start
    );
  }
});

test('a command line names paths', () => {
  const names = (args, all) => pinnedPaths(args, all).map(({ name }) => name);

  assert.deepEqual(names([]), ['driver loop', 'driver threads', 'stream transport']);
  assert.deepEqual(names([], false), []);
  assert.deepEqual(names(['--smoke', '--path=stream', '--path=loop']), ['stream transport', 'driver loop']);
  assert.throws(() => pinnedPaths(['--path=auto']), /no path called auto/);
});

test('the quick tests against foreign programs are some of all', () => {
  const peers = testFiles('peers');

  assert.ok(quickPeers().length > 0);
  for (const file of quickPeers()) assert.ok(peers.includes(file), file);
});

test('without files nothing has passed', async () => {
  const counts = emptyCounts();

  assert.equal(await runTests([], {}, counts), false);
  assert.equal(counts.fail, 1);
});
