'use strict';

// Does `npm run bench` work from the repository alone? A very short run of a few loads: the generator is built, both
// servers meet it, the result is written and drawn.

const assert = require('assert');
const { spawnSync } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { test } = require('node:test');

const RUN = path.join(__dirname, '../../bench/run.js');

test('a short comparison', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'upshift-bench-test-'));
  const [json, svg] = [path.join(folder, 'result.json'), path.join(folder, 'chart.svg')];
  const only = 'echo-64,rate-5000,handshake,stream-64,client-64,syscalls';
  const short = ['--only', only, '--pairs', '1', '--seconds', '0.3', '--warmup', '0.1', '--drivers', 'auto'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [RUN, ...short, '--json', json, '--svg', svg], {
    encoding: 'utf8'
  });
  assert.strictEqual(status, 0, stdout + stderr);

  const { machine, cells } = JSON.parse(fs.readFileSync(json, 'utf8'));
  assert.strictEqual(machine.node, process.version);
  assert.deepStrictEqual(cells.map(({ id }) => id).sort(), only.split(',').sort());
  for (const { id, summary } of cells) {
    for (const [name, figures] of Object.entries(summary)) {
      const [first, { value }] = Object.entries(figures)[0];
      assert.ok(value > 0, `${id}, ${name}: ${first} is ${value}`);
    }
  }
  assert.match(fs.readFileSync(svg, 'utf8'), /<rect class="upshift"/);
  fs.rmSync(folder, { recursive: true });
});
