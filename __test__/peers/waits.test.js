'use strict';

// Does the JS thread ever wait for a lock of ours? Not under the heaviest load there is: fifty connections with fifty
// messages under way each, while strace notes every wait and in whose code it is.

const assert = require('assert');
const { spawn } = require('child_process');
const { once } = require('events');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { test } = require('node:test');

const Server = require('../../bench/lib/server');
const { Generator, buildGenerator } = require('../../bench/lib/generator');
const { concernsUs, isOurWait, readCalls } = require('./support/waits');

const LOAD = ['echo', '--conns', 50, '--pipeline', 50, '--size', 64, '--secs', 2, '--warmup', 1];

/**
 * How often it is looked. Queues between the threads have locks too, for as long as it takes to move a pointer; a thread
 * that is put off its core just then makes the other one wait. Once that is chance.
 */
const ATTEMPTS = 2;

/**
 * Has a server echo as much as it can, under strace.
 *
 * @param {string} driver What drives it
 * @return {Promise<{ calls: object[], messages: number, thread: number }>} What it waited for, and its JS thread
 * @private
 */
async function record(driver) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'upshift-waits-'));
  const file = path.join(folder, 'calls');
  const program = buildGenerator();
  const server = await Server.start({ env: { UPSHIFT_DRIVER: driver }, script: 'upshift.js' }, { cores: null });
  const strace = spawn('strace', ['-f', '-k', '-e', 'trace=futex', '-o', file, '-p', String(server.pid)], {
    stdio: ['ignore', 'ignore', 'pipe']
  });
  const ended = once(strace, 'exit');

  try {
    const [said] = await once(strace.stderr.setEncoding('utf8'), 'data');

    assert.match(said, /attached/);
    await new Generator(program, null, [...LOAD, '--port', server.port, '--pid', server.pid]).result();
    strace.kill('SIGINT');
    await ended;

    const { messages } = await server.state();

    return { calls: readCalls(fs.readFileSync(file, 'utf8')), messages, thread: server.pid };
  } finally {
    strace.kill('SIGINT');
    await server.stop();
    fs.rmSync(folder, { recursive: true });
  }
}

for (const driver of ['auto', 'threads']) {
  test(`the JS thread does not wait for a lock of ours: driver ${driver}`, async () => {
    let waits;

    for (let attempt = 0; attempt < ATTEMPTS && waits?.length !== 0; attempt++) {
      const { calls, messages, thread } = await record(driver);

      assert.ok(messages > 10_000, `${messages} messages`);
      assert.ok(calls.some(concernsUs), 'no call of ours was seen at all');
      waits = calls.filter((call) => call.thread === thread && isOurWait(call));
    }

    assert.strictEqual(waits.length, 0, waits[0]?.stack.join('\n'));
  });
}

test('such a wait would be seen, and is not taken for one of V8 or of the allocator', () => {
  const libc = (name) => `/usr/lib/libc.so.6(${name}+0x19) [0x101829]`;
  const node = (name) => `/usr/bin/node(${name}+0x9) [0x14bb4a9]`;
  const addon = (name) => `/a/upshift.linux-x64-gnu.node(${name}+0x2a1) [0xc3541]`;
  const stacks = [
    [libc('syscall'), addon('parking_lot::raw_mutex::RawMutex::lock_slow'), node('napi_call')],
    [libc('pthread_mutex_lock'), node('uv_mutex_lock'), node('napi_call_threadsafe_function'), addon('signal')],
    [libc('pthread_cond_wait'), node('v8::internal::Heap::Scavenge()'), node('napi_create'), addon('submit')],
    [libc('__lll_lock_wait_private'), libc('__libc_free'), addon('submit')],
    [libc('pthread_mutex_lock'), node('uv_mutex_lock'), node('uv__async_io')]
  ];
  const text = stacks.flatMap((stack, i) => [
    `7 futex(0x${i}, FUTEX_WAIT_PRIVATE, 2, NULL <unfinished ...>`,
    '8 futex(0x9, FUTEX_WAKE_PRIVATE, 1) = 1',
    ` > ${addon('wake')}`,
    '7 <... futex resumed>) = 0',
    ...stack.map((frame) => ` > ${frame}`)
  ]);
  const calls = readCalls([...text, '7 +++ exited with 0 +++', ''].join('\n'));

  assert.deepStrictEqual(
    calls.filter(({ thread }) => thread === 7).map(({ stack }) => stack),
    stacks
  );
  assert.deepStrictEqual(
    calls.map((call) => [call.thread, isOurWait(call)]),
    [true, true, false, false, false].flatMap((isOurs) => [
      [8, false],
      [7, isOurs]
    ])
  );
});
