'use strict';

/**
 * What is compared? A cell is one load, the servers that meet it, what is read off and what Upshift has to show. A goal
 * is a bound on the ratio to ws, or with `absolute` on the figure itself.
 */

const SMALL_GOALS = { 64: 1 / 18, 128: 1 / 13, 1024: 1 / 9 };

/** How a figure is called and written, by its name in the generator's output. */
const METRICS = {
  msgs_per_s: { title: 'messages/s', digits: 0, more: true },
  mb_per_s: { title: 'MB/s', digits: 0, more: true },
  per_s: { title: 'handshakes/s', digits: 0, more: true },
  cpu_us: { title: 'server CPU, µs each', digits: 2 },
  main_us: { title: 'JS-thread CPU, µs each', digits: 2 },
  p50_us: { title: 'p50, µs', digits: 1 },
  p99_us: { title: 'p99, µs', digits: 1 },
  switches: { title: 'driver switches', digits: 0 },
  rss_kib: { title: 'RSS per connection, KiB', digits: 2 },
  deflate_kib: { title: 'RSS for it, KiB each', digits: 2 },
  heap_kib: { title: 'heap per connection, KiB', digits: 2 },
  recv: { title: 'recv calls per message', digits: 2 },
  send: { title: 'send calls per message', digits: 2 },
  other: { title: 'other calls per message', digits: 2 }
};

/** The servers, by name: which script, the one of their clients, and which environment. */
const CONTENDERS = {
  ws: { script: 'ws.js', client: 'ws-client.js', env: {} },
  auto: { script: 'upshift.js', client: 'upshift-client.js', env: { UPSHIFT_DRIVER: 'auto' } },
  loop: { script: 'upshift.js', env: { UPSHIFT_DRIVER: 'loop' } },
  threads: { script: 'upshift.js', env: { UPSHIFT_DRIVER: 'threads' } },
  stream: { script: 'upshift.js', env: { UPSHIFT_TRANSPORT: 'stream' } },
  released: { script: 'upshift.js', env: { UPSHIFT_DRIVER: 'auto', BENCH_RELEASE_SOCKET: '1' } }
};

const DRIVERS = ['auto', 'loop', 'threads'];
const ECHO = ['msgs_per_s', 'cpu_us', 'main_us', 'p50_us', 'p99_us'];

/**
 * @param {Number} size Payload bytes
 * @return {Object} 100 connections, one message in flight each
 * @private
 */
function small(size) {
  const shared = { main_us: SMALL_GOALS[size], cpu_us: 0.6 };
  return {
    id: `echo-${size}`,
    title: `echo, 100 connections, ${size} bytes`,
    load: ['echo', '--conns', 100, '--size', size],
    metrics: ECHO,
    goals: { auto: { ...shared, msgs_per_s: 1.5 }, loop: { msgs_per_s: 1.7, cpu_us: 0.6 } }
  };
}

/**
 * @param {Number} perSecond Messages per second
 * @param {Number} cpu The goal for the server's CPU time
 * @return {Object} A steady rate over 100 connections
 * @private
 */
function rate(perSecond, cpu) {
  return {
    id: `rate-${perSecond}`,
    title: `steady rate, 100 connections, ${perSecond.toLocaleString('en')} messages/s`,
    load: ['rate', '--conns', 100, '--rate', perSecond],
    seconds: 10,
    metrics: ['cpu_us', 'main_us', 'p50_us', 'p99_us', 'switches'],
    goals: { auto: { cpu_us: cpu, p50_us: 1, p99_us: 1, switches: { absolute: 1 } } }
  };
}

/**
 * @param {Number} size Payload bytes
 * @return {Object} The other way round: 100 connections of a client, which sends back what it gets
 * @private
 */
function client(size) {
  return {
    id: `client-${size}`,
    kind: 'client',
    title: `client, 100 connections, ${size} bytes`,
    load: ['client', '--conns', 100, '--size', size],
    servers: ['auto'],
    metrics: ECHO,
    goals: { auto: { main_us: 1 / 10 } }
  };
}

/** For the servers: messages may be compressed. */
const COMPRESSING = { BENCH_DEFLATE: '1' };

/**
 * @param {String} context Whether both sides `keep` or `forget` what was sent before
 * @param {Number} most How many KiB compression may keep of each connection
 * @return {Object} Connections that compressed a little and fell silent
 * @private
 */
function quiet(context, most) {
  return {
    id: `deflate-${context}`,
    kind: 'deflate',
    title: `5,000 idle connections after ten compressed messages of 1 KiB, context takeover: ${context === 'keep' ? 'yes' : 'no'}`,
    load: ['idle', '--conns', 5000, '--messages', 10, '--size', 1024, '--text', '--deflate', context],
    env: COMPRESSING,
    servers: ['auto'],
    metrics: ['deflate_kib'],
    goals: { auto: { deflate_kib: { absolute: most } } }
  };
}

/** Every load, in the order of the documentation. */
const CELLS = [
  small(64),
  small(128),
  small(1024),
  {
    id: 'pipeline',
    title: 'echo, 50 connections, 50 in flight, 64 bytes',
    load: ['echo', '--conns', 50, '--pipeline', 50, '--size', 64],
    metrics: ECHO,
    goals: { auto: { msgs_per_s: 20 } }
  },
  {
    id: 'echo-64k',
    title: 'echo, 20 connections, 2 in flight, 64 KiB',
    load: ['echo', '--conns', 20, '--pipeline', 2, '--size', 65536],
    metrics: ECHO,
    goals: { auto: { cpu_us: 0.65, msgs_per_s: 1.5 } }
  },
  {
    id: 'echo-1m',
    title: 'echo, 8 connections, 1 MiB',
    load: ['echo', '--conns', 8, '--size', 1048576],
    metrics: ['mb_per_s', 'cpu_us', 'main_us', 'p50_us', 'p99_us'],
    goals: { auto: { mb_per_s: 1.6 } }
  },
  {
    id: 'single',
    title: 'echo, 1 connection, 64 bytes',
    load: ['echo', '--conns', 1, '--size', 64],
    metrics: ECHO,
    goals: { auto: { p50_us: 1 } }
  },
  rate(5000, 0.85),
  rate(20000, 0.88),
  rate(50000, 0.95),
  {
    id: 'idle',
    kind: 'idle',
    title: '10,000 idle connections',
    load: ['idle', '--conns', 10000],
    servers: ['auto', 'released'],
    metrics: ['rss_kib', 'heap_kib'],
    goals: {
      auto: { rss_kib: Number(process.versions.node.split('.')[0]) < 24 ? 0.85 : 0.75, heap_kib: 0.65 },
      released: { rss_kib: 0.65, heap_kib: 0.3 }
    }
  },
  {
    id: 'deflate-4k',
    title: 'permessage-deflate, 50 connections, 4 KiB of text like JSON',
    load: ['echo', '--conns', 50, '--size', 4096, '--text', '--deflate', 'keep'],
    env: COMPRESSING,
    servers: ['auto', 'stream'],
    metrics: ECHO,
    goals: { auto: { msgs_per_s: 3, main_us: 1 / 20 } }
  },
  quiet('keep', 40),
  quiet('forget', 4),
  {
    id: 'handshake',
    title: 'handshakes, 32 at a time',
    load: ['handshake', '--conns', 32],
    metrics: ['per_s', 'cpu_us', 'main_us', 'p50_us', 'p99_us'],
    goals: { auto: { main_us: 0.95, per_s: 1 } }
  },
  {
    id: 'stream-64',
    title: 'stream transport, 100 connections, 64 bytes',
    load: ['echo', '--conns', 100, '--size', 64],
    servers: ['stream'],
    metrics: ECHO,
    goals: { stream: { msgs_per_s: 1 } }
  },
  {
    id: 'stream-64k',
    title: 'stream transport, 20 connections, 2 in flight, 64 KiB',
    load: ['echo', '--conns', 20, '--pipeline', 2, '--size', 65536],
    servers: ['stream'],
    metrics: ECHO,
    goals: { stream: { msgs_per_s: 1 } }
  },
  client(64),
  client(1024),
  {
    id: 'syscalls',
    kind: 'syscalls',
    title: 'system calls, 100 connections, 64 bytes',
    load: ['echo', '--conns', 100, '--size', 64],
    metrics: ['recv', 'send', 'other'],
    goals: Object.fromEntries(DRIVERS.map((driver) => [driver, syscallGoals()]))
  }
];

/**
 * @return {Object} Absolute bounds: this is not a comparison
 * @private
 */
function syscallGoals() {
  return { recv: { absolute: 1.05 }, send: { absolute: 1.05 }, other: { absolute: 0.3 } };
}

/**
 * The cells of a run.
 *
 * @param {String[]} only Ids, or beginnings that are no id themselves; none for all
 * @return {Object[]} Cells
 * @public
 */
function chooseCells(only) {
  if (only.length === 0) return CELLS;
  const exact = new Set(CELLS.map(({ id }) => id));
  const means = (wanted, id) => (exact.has(wanted) ? id === wanted : id.startsWith(wanted));
  return CELLS.filter(({ id }) => only.some((wanted) => means(wanted, id)));
}

module.exports = { CELLS, CONTENDERS, DRIVERS, METRICS, chooseCells };
