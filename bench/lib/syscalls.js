'use strict';

/**
 * How many system calls does a message cost? `strace -c -f` attached to the server while it is loaded.
 */

const { spawn, spawnSync } = require('child_process');
const { once } = require('events');
const fs = require('fs');
const os = require('os');
const path = require('path');

const RECEIVING = ['read', 'readv', 'recvfrom', 'recvmsg', 'recvmmsg'];
const SENDING = ['write', 'writev', 'sendto', 'sendmsg', 'sendmmsg'];

/**
 * @return {Boolean} Whether there is a strace to ask
 * @public
 */
function hasStrace() {
  return spawnSync('strace', ['-V']).status === 0;
}

/**
 * Counts while something happens.
 *
 * @param {Number} pid The process; all its threads are counted
 * @param {Function} happens Returns a promise
 * @return {Promise<Map>} Calls by name
 * @public
 */
async function countSyscalls(pid, happens) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'upshift-bench-'));
  const file = path.join(folder, 'counts');
  const strace = spawn('strace', ['-c', '-f', '-o', file, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(strace, 'exit');
  try {
    const [said] = await once(strace.stderr.setEncoding('utf8'), 'data');
    if (!said.includes('attached')) throw new Error(said.trim());
    await happens();
    strace.kill('SIGINT');
    await ended;
    return parseCounts(fs.readFileSync(file, 'utf8'));
  } finally {
    if (strace.exitCode === null) strace.kill('SIGINT');
    fs.rmSync(folder, { recursive: true });
  }
}

/**
 * Reads strace's table: the calls are the fourth column, the name is the last.
 *
 * @param {String} text The table
 * @return {Map} Calls by name
 * @public
 */
function parseCounts(text) {
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/));
  const calls = rows.filter((row) => /^[\d.]+$/.test(row[0]) && row.at(-1) !== 'total');
  return new Map(calls.map((row) => [row.at(-1), Number(row[3])]));
}

/**
 * @param {Map} counts Calls by name
 * @param {Number} messages How many messages there were
 * @return {Object} Calls per message: receiving, sending, all others
 * @public
 */
function perMessage(counts, messages) {
  const sum = (wanted) =>
    [...counts].filter(([name]) => wanted(name)).reduce((total, [, calls]) => total + calls, 0) / messages;
  return {
    recv: sum((name) => RECEIVING.includes(name)),
    send: sum((name) => SENDING.includes(name)),
    other: sum((name) => !RECEIVING.includes(name) && !SENDING.includes(name))
  };
}

module.exports = { countSyscalls, hasStrace, parseCounts, perMessage };
