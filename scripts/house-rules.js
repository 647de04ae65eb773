'use strict';

/**
 * Which house rules can neither rustfmt, clippy nor ESLint see? Sizes of Rust files, what every file opens with, which
 * room uses which, and where `unsafe` is allowed (CONTRIBUTING.md says why). And what would not compile on another system?
 */

const fs = require('node:fs');
const path = require('node:path');
const { root } = require('./process');
const { checkArrows } = require('./room-arrows');

/** Longest Rust file, its unit tests not counted. */
const MAX_LINES = 400;

/** Rooms that touch memory or the kernel themselves. */
const UNSAFE_ROOMS = ['src/binding/', 'src/engine/transport/', 'src/engine/memory/', 'src/proto/wire/mask'];

/** These are left out where sockets are no descriptors; elsewhere what they use stands behind `cfg(unix)`. */
const UNIX_FILES = [
  'src/binding/descriptor.rs',
  'src/binding/uv/mod.rs',
  'src/binding/uv/place.rs',
  'src/binding/uv/watch.rs',
  'src/engine/driver/thread.rs',
  'src/engine/transport/loop_set.rs',
  'src/engine/transport/socket.rs',
  'src/engine/transport/watched.rs'
];

/** What is only there on Unix. */
const UNIX_ONLY = /^ *(?:pub )?use (?:libc|rustix|tokio|std::os::|mio::.*unix)\b/;

/**
 * Lists the files below a folder that have one of the endings.
 *
 * @param {string} folder Folder, relative to the root
 * @param {RegExp} pattern What the names match
 * @return {string[]} Files with forward slashes, relative to the root
 * @private
 */
function list(folder, pattern) {
  if (!fs.existsSync(path.join(root, folder))) return [];
  return fs.readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);

    // Not to be walked through even in passing: cargo and npm add to them and take away.
    if (entry.isDirectory()) return /^(node_modules|target)$/.test(entry.name) ? [] : list(name, pattern);
    return pattern.test(name) ? [name] : [];
  });
}

/**
 * Drops the unit tests at the bottom of a Rust file.
 *
 * @param {string} text The file
 * @return {string} The rest
 * @private
 */
function withoutTests(text) {
  return text.split(/^#\[cfg\((?:all\()?test.*\n(?:#\[.*\n)*mod \w+ \{/m)[0];
}

/**
 * Is the keyword used outside comments, strings and lint names?
 *
 * @param {string} text Rust source
 * @return {boolean} True when it is
 * @private
 */
function usesUnsafe(text) {
  return text.split('\n').some((line) => /\bunsafe\s*(\{|fn|impl|extern|trait)/.test(line.replace(/\/\/.*/, '')));
}

/**
 * Does a file of the engine or the border need Unix where there may be none?
 *
 * @param {string} file File
 * @param {string} text Its source, without tests
 * @return {boolean} True when it does
 * @private
 */
function needsUnix(file, text) {
  if (!file.startsWith('src/') || UNIX_FILES.includes(file)) return false;
  const lines = text.split('\n');
  return lines.some((line, at) => UNIX_ONLY.test(line) && !/cfg\(.*unix/.test(lines[at - 1]));
}

/**
 * Says what is wrong with one Rust file.
 *
 * @param {string} file File
 * @return {string[]} Complaints
 * @private
 */
function checkRust(file) {
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  const source = withoutTests(text);
  const lines = source.split('\n').length;
  const complaints = [];
  const isTest = /\/tests?(\/|\.rs$)/.test(file);
  if (!isTest && needsUnix(file, source)) complaints.push('needs Unix without `cfg(unix)`');
  if (!isTest && lines > MAX_LINES) complaints.push(`${lines} lines without its tests, ${MAX_LINES} is the most`);
  if (!/^\/\/!/.test(text)) complaints.push('does not open with the question it answers (//!)');
  if (usesUnsafe(text) && !UNSAFE_ROOMS.some((room) => file.startsWith(room))) {
    complaints.push('`unsafe` outside the rooms that may use it');
  }
  return complaints.map((complaint) => `${file}: ${complaint}`);
}

/**
 * Says what is wrong with the first lines of one JavaScript file.
 *
 * @param {string} file File
 * @return {string[]} Complaints
 * @private
 */
function checkJavaScript(file) {
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  const head = text.replace(/^#!.*\n/, '').replace(/^'use strict';\s*/, '');
  return /^(\/\*\*?|\/\/)/.test(head) ? [] : [`${file}: does not open with the question it answers`];
}

const rust = [...list('src', /\.rs$/), ...list('bench', /\.rs$/), 'build.rs'];
const folders = ['lib', 'scripts', 'conformance', 'bench', 'examples', '__test__'];
const javascript = folders.flatMap((folder) => list(folder, /\.m?js$/));
const complaints = [
  ...rust.flatMap(checkRust),
  ...javascript.flatMap(checkJavaScript),
  ...list('lib', /\.js$/).flatMap(checkArrows)
];
for (const complaint of complaints) console.log(complaint);
if (complaints.length > 0) process.exitCode = 1;
