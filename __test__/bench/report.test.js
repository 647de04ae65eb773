'use strict';

// Do the figures of `npm run bench` mean what they say? Medians, goals, strace's table, the printed block and the chart.

const assert = require('assert');
const { test } = require('node:test');

const drawChart = require('../../bench/lib/chart');
const { CELLS, CONTENDERS, DRIVERS, METRICS, chooseCells } = require('../../bench/lib/cells');
const { block, missed } = require('../../bench/lib/table');
const { median, summarise } = require('../../bench/lib/statistics');
const { parseCounts, perMessage } = require('../../bench/lib/syscalls');
const { readOptions } = require('../../bench/lib/options');

const cell = {
  id: 'echo-64',
  title: 'echo, 100 connections, 64 bytes',
  metrics: ['msgs_per_s', 'main_us'],
  goals: { auto: { msgs_per_s: 1.5, main_us: 0.1 } }
};

const rounds = [
  { ws: { msgs_per_s: 100, main_us: 10 }, auto: { msgs_per_s: 160, main_us: 2 } },
  { ws: { msgs_per_s: 50, main_us: 20 }, auto: { msgs_per_s: 80, main_us: 3 } },
  { ws: { msgs_per_s: 100, main_us: 10 }, auto: { msgs_per_s: 300, main_us: 0.5 } }
];

const result = () => ({ ...cell, pairs: 3, summary: summarise(cell, rounds) });

test('the median of an even number is the middle of two, of nothing it is nothing', () => {
  assert.strictEqual(median([5, 1, 3]), 3);
  assert.strictEqual(median([4, 1, 3, 2]), 2.5);
  assert.strictEqual(median([NaN, undefined]), undefined);
});

test('ratios are taken within a round, so that a slow round does not change them', () => {
  const { ws, auto } = result().summary;
  assert.strictEqual(ws.msgs_per_s.value, 100);
  assert.strictEqual(ws.msgs_per_s.ratio, undefined);
  assert.strictEqual(auto.msgs_per_s.ratio, 1.6);
  assert.strictEqual(auto.main_us.ratio, 0.15);
});

test('a goal is met by more of the good and by less of the rest', () => {
  const { auto } = result().summary;
  assert.deepStrictEqual([auto.msgs_per_s.met, auto.main_us.met], [true, false]);
  assert.deepStrictEqual(missed([result()]), ['echo-64 auto main_us: ×0.150, goal ×0.100']);
  const counted = { ...cell, metrics: ['recv'], goals: { auto: { recv: { absolute: 1.05 } } } };
  const summary = summarise(counted, [{ ws: { recv: 9 }, auto: { recv: 1 } }]);
  assert.strictEqual(summary.auto.recv.met, true);
});

test('what was not measured is a dash', () => {
  const { summary } = result();
  summary.auto.main_us = { value: undefined };
  const lines = block({ ...result(), summary }).split('\n');
  assert.match(
    lines.find((line) => line.includes('JS-thread')),
    /10\.00\s+–/
  );
});

test('a server that failed is named, and the others keep their figures', () => {
  const broken = [...rounds.slice(0, 2), { ...rounds[2], auto: { error: 'refused: 503' } }];
  const summary = summarise(cell, broken);
  assert.strictEqual(summary.auto.msgs_per_s.value, 120);
  assert.match(block({ ...cell, pairs: 3, summary, rounds: broken }), /auto failed: refused: 503/);
});

test("strace's table, with and without its column of errors", () => {
  const counts = parseCounts(`% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 51.00    0.500000           5      1000        12 read
 40.00    0.400000           4      1010           sendto
  9.00    0.090000           9       100           epoll_wait
------ ----------- ----------- --------- --------- ----------------
100.00    0.990000           4      2110        12 total
`);
  assert.deepStrictEqual(
    [...counts],
    [
      ['read', 1000],
      ['sendto', 1010],
      ['epoll_wait', 100]
    ]
  );
  assert.deepStrictEqual(perMessage(counts, 1000), { recv: 1, send: 1.01, other: 0.1 });
});

test('every cell can be measured, printed and judged', () => {
  assert.strictEqual(new Set(CELLS.map(({ id }) => id)).size, CELLS.length);
  for (const { id, metrics, goals, servers = DRIVERS } of CELLS) {
    assert.ok(
      metrics.every((metric) => METRICS[metric]),
      id
    );
    assert.ok(
      servers.every((name) => CONTENDERS[name]),
      id
    );
    for (const [name, wanted] of Object.entries(goals)) {
      assert.ok(servers.includes(name) && Object.keys(wanted).every((metric) => metrics.includes(metric)), id);
    }
  }
});

test('an id means itself, a beginning all that begin so', () => {
  const ids = (...only) => chooseCells(only).map(({ id }) => id);
  assert.deepStrictEqual(ids('echo-64'), ['echo-64']);
  assert.deepStrictEqual(ids('rate'), ['rate-5000', 'rate-20000', 'rate-50000']);
  assert.strictEqual(ids().length, CELLS.length);
});

test('options are checked', () => {
  assert.deepStrictEqual(readOptions(['--only', 'a,b', '--pairs', '2']).only, ['a', 'b']);
  for (const args of [['--pairs', '0'], ['--drivers', 'magic'], ['--seconds', 'x'], ['--what']]) {
    assert.throws(() => readOptions(args), Error, args.join(' '));
  }
});

test('the chart has a pair of bars per row and survives missing cells and strange names', () => {
  const machine = { node: 'v20.0.0', cpu: 'A & B <C>', ws: '8.23.0' };
  const svg = drawChart({ machine, cells: [result()] });
  assert.strictEqual(svg.match(/<rect class="ws"/g).length, 3);
  assert.match(svg, /A &#38; B &#60;C&#62;/);
  assert.doesNotMatch(svg, /NaN|undefined/);
  assert.match(drawChart({ machine, cells: [] }), /^<svg/);
});
