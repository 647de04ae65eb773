'use strict';

/**
 * Do code, documentation and types name the same things? Errors, options, environment variables.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { it } = require('node:test');
const { BREACHES } = require('./support/breaches');
const { CLIENT_DEFAULTS, SERVER_DEFAULTS, UPGRADE_DEFAULTS } = require('../lib/base/options');

const root = path.resolve(__dirname, '..');

/** Reads a file of the repository. */
function read(file) {
  return fs.readFileSync(path.join(root, file), 'utf8');
}

/** Reads all hand-written types. */
function readTypes() {
  const files = fs.readdirSync(path.join(root, 'types')).map((name) => path.join('types', name));
  return ['index.d.ts', ...files].map(read).join('\n');
}

/** Finds every match of a pattern in the code of some folders, without the tests, each once, sorted. */
function findInCode(folders, pattern) {
  const files = folders.flatMap((folder) =>
    fs.readdirSync(path.join(root, folder), { recursive: true }).map((name) => path.join(folder, name))
  );
  const sources = files.filter((file) => /\.(js|rs)$/.test(file) && !/\btests?\b/.test(file));
  return findIn(sources.map(read).join('\n'), pattern);
}

/** Finds every match of a pattern in a text, each once, sorted. */
function findIn(text, pattern) {
  return [...new Set(text.match(pattern))].sort();
}

it('documents and types every error code, and no other', () => {
  const codes = /\b(WS_ERR|ERR_UPSHIFT)_[A-Z0-9][A-Z0-9_]*/g;
  const raised = findInCode(['lib', 'src'], codes);
  assert.deepEqual(findIn(read('docs/errors.md') + read('docs/handshake.md'), codes), raised);
  assert.deepEqual(findIn(read('types/errors.d.ts'), codes), raised);
});

it('documents with which close code a peer is told of each mistake', () => {
  const rows = [...read('docs/errors.md').matchAll(/^\| `((?:WS_ERR|Z)_\w+)` .*\| (\d+) +\|$/gm)];
  const documented = Object.fromEntries(rows.map(([, code, closeCode]) => [code, Number(closeCode)]));
  const told = Object.values(BREACHES).map(({ closeCode, code }) => [code, closeCode]);
  // Those of clients and of compression are no breaches of every server's: client/endings, deflate.
  const others = { WS_ERR_UNEXPECTED_MASK: 1002, Z_DATA_ERROR: 1007 };
  assert.deepEqual(documented, { ...Object.fromEntries(told), ...others });
  for (const [code, closeCode] of told) assert.equal(documented[code], closeCode, code);
});

it('documents every text a client may fail with', () => {
  const written = findIn(read('src/proto/handshake/response.rs'), /(?<=#\[error\(")[^"{]+/g);
  const thrown = findIn(read('lib/client/client.js'), /(?<=abort\(['`]|TOO_EARLY = ')[^'`$]+/g);
  const documented = read('docs/errors.md');
  assert.equal(written.length, 11);
  assert.equal(thrown.length, 4);
  for (const text of [...written, ...thrown]) assert.ok(documented.includes(`\`${text}`), text);
});

it('types every option, and documents those that ws does not have', () => {
  const types = readTypes();
  for (const option of Object.keys({ ...CLIENT_DEFAULTS, ...SERVER_DEFAULTS, ...UPGRADE_DEFAULTS })) {
    assert.match(types, new RegExp(`^ +${option}\\?: `, 'm'), option);
  }
  const readme = read('README.md');
  // The client's events are those of ws, which @types/ws names too.
  for (const event of ['redirect', 'unexpected-response', 'upgrade'])
    assert.match(types, new RegExp(`^ +'?${event}'?: \\[`, 'm'));
  for (const option of ['maxBackpressure', 'onBackpressure', 'receiveCredit', 'releaseSocket']) {
    assert.match(readme, new RegExp(`\`${option}\\b`), option);
  }
});

it('documents every environment variable, and no other', () => {
  const variables = findInCode(['lib', 'src'], /\bUPSHIFT_[A-Z]+\b/g).filter((name) => name !== 'UPSHIFT_TEST');
  assert.deepEqual(findIn(read('README.md'), /\bUPSHIFT_[A-Z]+\b/g), variables);
});

it('lists every name of types/ in index.d.ts, and every class and function of index.js in index.d.mts', () => {
  const declared = /(?<=^export (?:declare )?(?:class|const|function|interface|namespace|type) )\w+/gm;
  const listed = /(?<=^ *export import )\w+/gm;
  const types = fs.readdirSync(path.join(root, 'types')).map((name) => read(path.join('types', name)));
  assert.deepEqual(findIn(read('index.d.ts'), listed), findIn(types.join('\n'), declared));

  const own = new Set([...findIn(read('index.d.mts'), listed), 'WebSocket']);
  const exported = Object.keys(require('..')).filter((name) => !/^[A-Z]+$/.test(name));
  for (const name of exported) assert.ok(own.has(name), name);
});
