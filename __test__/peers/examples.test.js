'use strict';

// Do the examples in other languages, and the pages, work with the servers they were written for?

const assert = require('assert');
const fs = require('fs');
const path = require('path');
const { after, before, test } = require('node:test');

const { chromium } = require('playwright-core');

const { CHROMIUM, CHROMIUM_FLAGS, GO_EXAMPLE, PYTHON } = require('../../scripts/peer-programs');
const { EXAMPLES, Example, within } = require('../examples/support/example');

const PYTHON_CLIENT = path.join(EXAMPLES, 'python-client/client.py');

let browser;

before(async () => {
  assert.ok(fs.existsSync(CHROMIUM), `missing: chromium (looked for ${CHROMIUM}; CHROMIUM names another)`);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
});

after(() => browser?.close());

/**
 * Opens the page of an example.
 *
 * @param {TestContext} t The test
 * @param {Example} example The example
 * @return {Promise<Page>} The page; `problems` collects what its console complained about
 */
async function openPage(t, example) {
  const page = await browser.newPage();
  t.after(() => page.close());
  page.problems = [];
  page.on('pageerror', (err) => page.problems.push(String(err)));
  page.on('console', (message) => message.type() === 'error' && page.problems.push(message.text()));
  await page.goto(example.url);
  return page;
}

test('browser: two pages chat, markup stays text, and they come again with the server', async (t) => {
  const example = await Example.start(t, 'browser/server.js');
  const [ali, groucho] = [await openPage(t, example), await openPage(t, example)];
  for (const page of [ali, groucho]) await page.locator('#status[data-state=open]').waitFor();
  await ali.fill('#name', 'Ali');
  await ali.fill('#text', '<b>open</b>');
  await ali.click('button');
  await groucho.locator('#lines li', { hasText: 'Ali: <b>open</b>' }).waitFor();
  for (const page of [ali, groucho]) assert.deepStrictEqual(page.problems, []);

  await example.interrupt();
  await ali.locator('#status[data-state=closed]').waitFor();
  assert.match(await groucho.textContent('#status'), /^closed \(10(12|06)\), again in \d+ s$/);
  await Example.start(t, 'browser/server.js', { PORT: new URL(example.url).port });
  for (const page of [ali, groucho]) await page.locator('#status[data-state=open]').waitFor();
  await groucho.fill('#name', 'Groucho');
  await groucho.fill('#text', 'swordfish');
  await groucho.press('#text', 'Enter');
  await ali.locator('#lines li', { hasText: 'Groucho: swordfish' }).waitFor();
});

test('game: the arrow keys move who presses them', async (t) => {
  const example = await Example.start(t, 'game/server.js');
  const page = await openPage(t, example);
  await page.locator('#status', { hasText: /you are at/ }).waitFor();
  for (const key of ['ArrowLeft', 'ArrowUp']) await page.keyboard.down(key);
  await page.locator('#status', { hasText: /you are at 0, 0$/ }).waitFor();
  await page.keyboard.up('ArrowUp');
  await page.keyboard.down('ArrowDown');
  await page.locator('#status', { hasText: /you are at 0, 360$/ }).waitFor();
  assert.deepStrictEqual(page.problems, []);
  await example.interrupt();
  await page.locator('#status', { hasText: 'closed: 1001' }).waitFor();
});

test('dashboard: the figures are drawn', async (t) => {
  const example = await Example.start(t, 'dashboard/server.js');
  const page = await openPage(t, example);
  await page.locator('#connections output', { hasText: /^1$/ }).waitFor();
  await page.locator('#status', { hasText: /driven by: \w+/ }).waitFor();
  const picture = () => page.locator('#messagesOut canvas').evaluate((canvas) => canvas.toDataURL());
  const earlier = await picture();
  await page.waitForFunction((old) => document.querySelector('#messagesOut canvas').toDataURL() !== old, earlier);
  assert.deepStrictEqual(page.problems, []);
  await example.interrupt();
});

test('python-client: says hello, comes again, and leaves', async (t) => {
  const server = await Example.start(t, 'http.js');
  const client = Example.spawn(PYTHON, ['-B', PYTHON_CLIENT, server.ws('/echo')]);
  t.after(() => client.kill());
  await client.print(/received 'hello from Python'\n/);
  await server.interrupt();
  await client.print(/closed: .*1001/);
  const { port } = new URL(server.url);
  const again = await Example.start(t, 'http.js', { PORT: port });
  await client.print(/closed: [^]*received 'hello from Python'\n/);
  await client.interrupt();
  assert.match(client.output, /bye\n$/);
  await again.interrupt();
});

test('python-client: gives up where it is refused', async (t) => {
  const server = await Example.start(t, 'http.js');
  const client = Example.spawn(PYTHON, ['-B', PYTHON_CLIENT, server.ws('/other')]);
  t.after(() => client.kill());
  await client.print(/HTTP 400/);
  assert.strictEqual((await within(client.ended, () => 'its end')).code, 1);
});

test('go-client: says hello, and leaves when it or the server wants to', async (t) => {
  const server = await Example.start(t, 'http.js');
  const clients = [1, 2].map(() => Example.spawn(GO_EXAMPLE, [server.ws('/echo')]));
  t.after(() => Promise.all(clients.map((client) => client.kill())));
  for (const client of clients) await client.print(/^received "hello from Go"\n/);
  await clients[0].interrupt();
  assert.match(clients[0].output, /closed: websocket: close 1000/);
  await server.interrupt();
  await clients[1].succeed();
  assert.match(clients[1].output, /closed: websocket: close 1001/);
});

test('go-client: says why it was refused', async (t) => {
  const server = await Example.start(t, 'http.js');
  const client = Example.spawn(GO_EXAMPLE, [server.ws('/other')]);
  t.after(() => client.kill());
  await client.print(/refused: 400/);
  assert.strictEqual((await within(client.ended, () => 'its end')).code, 1);
});

test('h2c: curl gets its answer in each of the three ways', async (t) => {
  const server = await Example.start(t, 'h2c.js');
  const body = path.join(EXAMPLES, 'README.md');
  const size = fs.statSync(body).size;
  for (const [option, version] of [
    ['--http1.1', '1.1'],
    ['--http2', '2.0'],
    ['--http2-prior-knowledge', '2.0']
  ]) {
    // Some versions of curl fail when they use a connection again that began with HTTP/2.
    const targets = option === '--http2-prior-knowledge' ? ['a'] : ['a', 'b'];
    const urls = targets.map((target) => server.url + target);
    const curl = Example.spawn('curl', ['-sS', option, '--data-binary', `@${body}`, ...urls]);
    t.after(() => curl.kill());
    await curl.succeed();
    const lines = targets.map((target) => `POST /${target} over HTTP/${version} with ${size} bytes\n`);
    assert.strictEqual(curl.output, lines.join(''));
  }
  await server.interrupt();
});
