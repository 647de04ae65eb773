'use strict';

/**
 * Is a dependency found that needs a newer Rust than we state?
 */

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { complaints } = require('../../scripts/rust-version');

/** Makes a workspace of one crate, with dependencies. */
function workspace(ours, ...theirs) {
  const packages = [ours, ...theirs].map((version, index) => ({
    id: String(index),
    name: `crate${index}`,
    rust_version: version,
    version: '0.1.0'
  }));
  return { packages, workspace_members: ['0'] };
}

test('dependencies may need what we state, something older, or say nothing', () => {
  assert.deepEqual(complaints(workspace('1.88', '1.88.0', '1.88', '1.9.1', '1.56', null)), []);
});

test('what needs a newer one is named', () => {
  const found = ['crate1 0.1.0 needs Rust 1.88.1, we state 1.88', 'crate2 0.1.0 needs Rust 1.100, we state 1.88'];
  assert.deepEqual(complaints(workspace('1.88', '1.88.1', '1.100', '2.0'))?.slice(0, 2), found);
  assert.equal(complaints(workspace('1.88', '2.0')).length, 1);
});

test('a crate of ours says what it needs', () => {
  assert.deepEqual(complaints(workspace(null, '1.88')), ['crate0 states no rust-version']);
});
