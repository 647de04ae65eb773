'use strict';

// Does the demo work for somebody who looks at it? In headless Chromium: the page loads, two tabs chat, the charts move,
// a storm ends and draws both results. Screenshots go to DEMO_SCREENSHOTS, when set.

const assert = require('assert');
const { spawn } = require('child_process');
const { once } = require('events');
const http = require('http');
const fs = require('fs');
const path = require('path');
const { after, before, test } = require('node:test');

const { chromium } = require('playwright-core');

const { CHROMIUM, CHROMIUM_FLAGS } = require('../../scripts/peer-programs');

const DEMO = path.join(__dirname, '../../examples/demo/server.js');

const size = { width: 1360, height: 940 };
let demo, browser, url;

/**
 * Starts the demo.
 *
 * @param {Object} env Additions to the environment
 * @return {Promise<Object>} The process and its URL
 * @private
 */
async function startDemo(env) {
  const child = spawn(process.execPath, [...process.execArgv, DEMO], {
    env: { ...process.env, NODE_TEST_CONTEXT: '', ...env },
    stdio: ['ignore', 'pipe', 'inherit']
  });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { child, url: line.match(/http:\S+/)[0] };
}

/**
 * Opens the page in a context of its own.
 *
 * @param {Object} [options] Of the context
 * @return {Promise<Page>} The page, connected; `page.problems` collects what its console complained about
 * @private
 */
async function openPage(options) {
  const context = await browser.newContext({ viewport: size, ...options });
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', (err) => page.problems.push(String(err)));
  page.on('console', (message) => message.type() === 'error' && page.problems.push(message.text()));
  await page.goto(url);
  await page.locator('#status[data-state=open]').waitFor();
  return page;
}

/**
 * @param {Page} page The page
 * @param {String} name What it shows
 * @return {Promise<void>}
 * @private
 */
async function screenshot(page, name) {
  const folder = process.env.DEMO_SCREENSHOTS;
  if (folder) await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}

/**
 * @param {Page} page The page
 * @param {String} selector A canvas
 * @return {Promise<String>} Its picture
 * @private
 */
function picture(page, selector) {
  return page.locator(selector).evaluate((canvas) => canvas.toDataURL());
}

/**
 * How many pixels of a canvas have about the colour of a CSS variable.
 *
 * @param {Page} page The page
 * @param {String} selector The canvas
 * @param {String} variable The variable
 * @return {Promise<Number>} The pixels
 * @private
 */
function coloured(page, selector, variable) {
  return page.locator(selector).evaluate((canvas, name) => {
    const hex = getComputedStyle(canvas).getPropertyValue(name).trim();
    const wanted = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let found = 0;
    for (let i = 0; i < data.length; i += 4) {
      if (wanted.every((value, j) => Math.abs(value - data[i + j]) < 12) && data[i + 3] > 200) found++;
    }
    return found;
  }, variable);
}

before(async () => {
  assert.ok(fs.existsSync(CHROMIUM), `missing: chromium (looked for ${CHROMIUM}; CHROMIUM names another)`);
  demo = await startDemo({ PORT: '0' });
  url = demo.url;
  browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
});

after(async () => {
  await browser?.close();
  demo?.child.kill();
});

test('the page loads, in light and in dark', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const page = await openPage({ colorScheme });
    await page.locator('#gauge-perSecond output:has-text("0")').waitFor();
    assert.match(await page.textContent('#machine'), /Node \d+/);
    await page.waitForTimeout(2500);
    await screenshot(page, `load-${colorScheme}`);
    assert.deepStrictEqual(page.problems, []);
    await page.context().close();
  }
});

test('two tabs chat, and markup stays text', async () => {
  const [ada, alan] = [await openPage(), await openPage()];
  await ada.fill('#name', 'Ada');
  await ada.fill('#text', 'Hello <b>there</b>');
  await ada.click('#chat-form button');
  await alan.locator('#lines li', { hasText: 'Hello <b>there</b>' }).waitFor();
  await alan.fill('#name', 'Alan');
  await alan.fill('#text', 'Good morning, Ada.');
  await alan.press('#text', 'Enter');
  await ada.locator('#lines li', { hasText: 'Good morning' }).waitFor();
  assert.match(await ada.textContent('#present'), /2 here/);
  await screenshot(ada, 'chat');
  const late = await openPage();
  await late.locator('#lines li', { hasText: 'Good morning' }).waitFor();
  for (const page of [ada, alan, late]) {
    assert.deepStrictEqual(page.problems, []);
    await page.context().close();
  }
});

test('the charts move with the traffic', async () => {
  const page = await openPage();
  await page.locator('#gauge-threadTime output:has-text("µs")').waitFor();
  // Those of earlier tests have left, and the next sample says so.
  await page.locator('#present', { hasText: 'only you' }).waitFor();
  await page.waitForTimeout(600);
  const open = Number(await page.textContent('#gauge-connections output'));
  const canvases = ['perSecond', 'threadTime', 'delay', 'connections'].map((key) => `#gauge-${key} canvas`);
  const earlier = await Promise.all(canvases.map((canvas) => picture(page, canvas)));
  const another = await openPage();
  // Each page has one socket for the figures and one for the chat.
  await page.locator(`#gauge-connections output:has-text("${open + 2}")`).waitFor();
  await page.waitForTimeout(1200);
  for (const [i, canvas] of canvases.entries()) {
    assert.notStrictEqual(await picture(page, canvas), earlier[i], `${canvas} stands still`);
  }
  await another.context().close();
  await page.locator(`#gauge-connections output:has-text("${open}")`).waitFor();
  await page.selectOption('#traffic', '5000');
  await page.waitForFunction(() => {
    const value = document.querySelector('#gauge-perSecond output').textContent;
    return Number(value.replace(',', '')) > 4000;
  });
  assert.match(await page.textContent('#gauge-threadTime output'), /µs|ms/);
  for (const canvas of canvases) {
    assert.ok((await coloured(page, canvas, '--upshift')) > 20, `nothing is drawn on ${canvas}`);
  }
  await page.selectOption('#traffic', '0');
  await page.locator('#gauge-threadTime output:has-text("too few")').waitFor();
  await page.selectOption('#traffic', '1000');
  await page.context().close();
});

test('a storm draws both as it goes and ends with both results', async () => {
  const page = await openPage();
  const narrow = await openPage({ viewport: { width: 420, height: 900 }, colorScheme: 'dark' });
  await page.click('#storm-form button');
  await page.locator('#storm[data-state=running]').waitFor();
  await page.waitForFunction(() => document.querySelector('#storm-progress').value > 30);
  await screenshot(page, 'storm-running');
  assert.strictEqual((await fetch(`${url}api/storm`, storm('small'))).status, 409);
  await page.locator('#storm[data-state=done]').waitFor({ timeout: 60_000 });
  for (const canvas of ['#storm-rate', '#storm-time']) {
    for (const colour of ['--ws', '--upshift']) {
      assert.ok((await coloured(page, canvas, colour)) > 50, `${colour} is not drawn on ${canvas}`);
    }
  }
  const cells = await page.locator('#results tbody tr:first-child td').allTextContents();
  assert.ok(cells.length === 3 && cells.slice(0, 2).every((text) => /\d/.test(text)), `results: ${cells}`);
  await screenshot(page, 'storm-done');
  await narrow.locator('#storm[data-state=done]').waitFor();
  await screenshot(narrow, 'storm-done-narrow-dark');
  assert.deepStrictEqual([...page.problems, ...narrow.problems], []);
  await Promise.all([page.context().close(), narrow.context().close()]);
});

test('ordinary routes work beside the sockets', async () => {
  const about = await (await fetch(`${url}api/about`)).json();
  assert.ok(about.node === process.version && about.shapes.length === 3);
  assert.strictEqual((await fetch(`${url}api/storm`, storm('none'))).status, 400);
  assert.strictEqual((await fetch(`${url}nothing`)).status, 404);
});

/**
 * @param {String} shape Which storm
 * @return {Object} What fetch needs to ask for it
 * @private
 */
function storm(shape) {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ shape }) };
}

test('a taken port is passed over, and Ctrl-C ends it all with a page open', async () => {
  const squatter = http.createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const taken = squatter.address().port;
  const second = await startDemo({ PORT: String(taken) });
  assert.notStrictEqual(Number(new URL(second.url).port), taken);
  const page = await browser.newPage();
  await page.goto(second.url);
  await page.locator('#status[data-state=open]').waitFor();
  second.child.kill('SIGINT');
  const [code, signal] = await once(second.child, 'exit');
  assert.deepStrictEqual([code, signal], [0, null]);
  await page.locator('#status[data-state=closed]').waitFor();
  await page.close();
  squatter.close();
});
