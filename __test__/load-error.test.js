'use strict';

/**
 * Does the error of a missing addon say what to do?
 */

const assert = require('node:assert/strict');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { describe, it } = require('node:test');
const { addonName, loadError, platformName } = require('../lib/base/load-error');
const { targets } = require('../package.json').napi;

const absent = new Error('Cannot find native binding.', {
  cause: new Error("Cannot find module 'upshift-linux-x64-gnu'", {
    cause: new Error("Cannot find module './upshift.linux-x64-gnu.node'")
  })
});

describe('loadError', () => {
  it('names the platform that is not supported, those that are, and how to build', () => {
    const error = loadError(absent, 'freebsd-x64');
    assert.equal(error.code, 'ERR_UPSHIFT_BINDING');
    assert.equal(error.cause, absent);
    assert.match(error.message, /^upshift has no binary for freebsd-x64\./);
    assert.match(error.message, /linux-x64-gnu, linux-arm64-gnu, linux-x64-musl, .*darwin-arm64, win32-x64-msvc/);
    assert.match(error.message, /Rust.*npm run build/);
  });

  it('names the package that is not installed and how to get it', () => {
    const { message } = loadError(absent, 'linux-x64-gnu');
    assert.match(message, /the package upshift-linux-x64-gnu is missing/);
    assert.match(message, /--omit=optional/);
    assert.match(message, /npm install/);
  });

  it('passes on why the system refused a binary that is there', () => {
    const refused = new Error('Cannot find native binding.', {
      cause: new Error("/lib/libc.so.6: version `GLIBC_2.99' not found", { cause: absent })
    });
    const { message } = loadError(refused, 'linux-x64-gnu');
    assert.match(message, /refuses to load it: \/lib\/libc\.so\.6: version `GLIBC_2\.99' not found$/);
  });

  it('knows every target of package.json as supported', () => {
    assert.equal(targets.length, 8);
    for (const platform of ['linux-arm64-musl', 'darwin-x64', 'win32-arm64-msvc', platformName()]) {
      assert.match(loadError(absent, platform).message, /is not installed/);
    }
  });
});

describe('under the permission model', () => {
  const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
  const root = path.resolve(__dirname, '..');

  /** Loads the package in a process of its own, and prints how that went. */
  const load = (...flags) => {
    const script = `try { require(${JSON.stringify(root)}); console.log('loaded'); } catch (e) { console.log(e.code, e.message); }`;
    return spawnSync(process.execPath, [...flags, '-e', script], { encoding: 'utf8' });
  };

  it('says which flag is missing', () => {
    for (const flags of [[flag, '--allow-fs-read=*'], ['--no-addons']]) {
      const { stdout, stderr } = load(...flags);
      assert.match(stdout, /^ERR_UPSHIFT_BINDING .*not allowed to load.*--allow-addons.*--no-addons/, stderr);
    }
  });

  it('loads with that flag', () => {
    const { stdout, stderr } = load(flag, '--allow-fs-read=*', '--allow-addons');
    assert.equal(stdout, 'loaded\n', stderr);
  });
});

describe('addonName', () => {
  it('names the file that the build leaves', () => {
    assert.equal(addonName(), `upshift.${platformName()}.node`);
  });
});
