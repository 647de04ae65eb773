'use strict';

/**
 * Does every crate here build with the version of Rust that it states? No older toolchain is installed to compile with; but a
 * dependency that asks for a newer one than ours would be found by the first user who has ours.
 */

const path = require('node:path');
const { root, run } = require('./process');

/** The folders of the workspaces, each of which has a Cargo.lock. */
const WORKSPACES = ['.', 'bench/load', '__test__/interop/peers/tungstenite'];

/**
 * Compares two versions.
 *
 * @param {string} a A version, like `1.88` or `1.88.0`
 * @param {string} b Another
 * @return {number} Negative when the first is older, positive when it is newer
 * @private
 */
function compare(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  const at = [0, 1, 2].find((index) => (left[index] ?? 0) !== (right[index] ?? 0));
  return at === undefined ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}

/**
 * Finds what is wrong with the versions in a workspace.
 *
 * @param {object} metadata What `cargo metadata` says
 * @return {string[]} Complaints
 * @public
 */
function complaints({ packages, workspace_members: members }) {
  const own = packages.filter(({ id }) => members.includes(id));
  const silent = own.filter(({ rust_version: version }) => version === null);
  if (silent.length > 0) return silent.map(({ name }) => `${name} states no rust-version`);

  const [oldest] = own.map(({ rust_version: version }) => version).sort(compare);
  return packages
    .filter(({ rust_version: version }) => version !== null && compare(version, oldest) > 0)
    .map(({ name, version, rust_version: needed }) => `${name} ${version} needs Rust ${needed}, we state ${oldest}`);
}

/**
 * Looks at all workspaces.
 *
 * @return {Promise<void>}
 * @private
 */
async function main() {
  for (const folder of WORKSPACES) {
    const manifest = path.join(root, folder, 'Cargo.toml');
    const args = ['metadata', '--locked', '--quiet', '--format-version', '1', '--manifest-path', manifest];
    const { code, output } = await run('cargo', args, { capture: true });
    const found = code === 0 ? complaints(JSON.parse(output)) : [output];
    if (found.length === 0) continue;
    console.log(`${folder}: ${found.join('\n')}`);
    process.exitCode = 1;
  }
}

module.exports = { complaints };

if (require.main === module) main();
