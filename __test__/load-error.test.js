'use strict';

/**
 * Does the error of a missing addon say what to do?
 */

const assert = require('node:assert/strict');
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

describe('addonName', () => {
  it('names the file that the build leaves', () => {
    assert.equal(addonName(), `upshift.${platformName()}.node`);
  });
});
