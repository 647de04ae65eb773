'use strict';

/**
 * Can the package be loaded in all the ways programs load packages? Repeatedly, in vm contexts, in workers; and does it
 * leave nothing open while nothing is connected?
 */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { it } = require('node:test');
const vm = require('node:vm');
const { Worker } = require('node:worker_threads');
const { ECHOED, echoBoth, execute, root, startServer } = require('./support');

const front = path.join(root, 'index.js');
const server = path.join(__dirname, 'fixtures/server.js');

/** Starts an echo server of one loaded instance of the package. */
async function serve(t, { WebSocketServer }) {
  const wss = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  t.after(() => wss.close());
  wss.on('connection', (ws) => ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary })));
  await once(wss, 'listening');
  return wss.address().port;
}

/** Loads a file and what it requires from the repository inside a vm context, as test runners do. */
function loadInside(context, file, loaded = new Map()) {
  if (loaded.has(file)) return loaded.get(file).exports;
  const module = { exports: {} };
  loaded.set(file, module);
  const outside = createRequire(file);
  const inside = (name) => {
    const target = name.startsWith('.') ? outside.resolve(name) : name;
    return target.startsWith(root) && target.endsWith('.js') ? loadInside(context, target, loaded) : outside(target);
  };
  inside.resolve = outside.resolve;
  const compiled = vm.runInContext(
    `(function (module, exports, require, __filename, __dirname) {${fs.readFileSync(file, 'utf8')}\n})`,
    context,
    {
      filename: file
    }
  );
  compiled(module, module.exports, inside, file, path.dirname(file));
  return module.exports;
}

it('loads again in the same process after the cache was cleared', async (t) => {
  const instances = [1, 2, 3].map(() => {
    for (const key of Object.keys(require.cache)) if (key.startsWith(root)) delete require.cache[key];
    return require(front);
  });
  assert.notEqual(instances[0], instances[1]);
  const ports = await Promise.all(instances.map((instance) => serve(t, instance)));
  assert.deepEqual(await Promise.all(ports.map(echoBoth)), [ECHOED, ECHOED, ECHOED]);
});

/** Loads it fifteen times in one process, see the fixture. */
async function reload(...args) {
  const fixture = path.join(__dirname, 'fixtures/reloading.js');
  const { stdout } = await execute(process.execPath, ['--expose-gc', fixture, front, ...args], { timeout: 60_000 });
  return JSON.parse(stdout);
}

it('leaves no listener and no old instance behind when it is loaded again', async () => {
  const { alive, listeners, loaded, warnings } = await reload();
  assert.deepEqual({ listeners, warnings }, { listeners: 0, warnings: [] });
  assert.ok(loaded >= 15 * 50, `${loaded} modules`);
  // The last one may be in use.
  assert.equal(alive.length, new Set(alive).size, 'modules that live more than once');
});

it('has one listener for all instances that serve connections', async () => {
  const { alive, listeners, warnings } = await reload('used');
  assert.deepEqual({ listeners, warnings }, { listeners: 1, warnings: [] });
  // Their reactors stay, and what those call; WebSockets and servers go.
  for (const name of ['lib/websocket/websocket.js', 'lib/server/websocket-server.js']) {
    assert.ok(alive.filter((key) => key === path.normalize(name)).length <= 1, name);
  }
});

it('serves from vm contexts, whose ArrayBuffer and Error are not ours', async (t) => {
  const globals = {
    AbortController,
    Blob,
    Buffer,
    Event,
    EventTarget,
    URL,
    clearTimeout,
    console,
    process,
    queueMicrotask
  };
  const instances = [1, 2].map(() => loadInside(vm.createContext({ ...globals, setImmediate, setTimeout }), front));
  const ports = await Promise.all(instances.map((instance) => serve(t, instance)));
  assert.deepEqual(await Promise.all(ports.map(echoBoth)), [ECHOED, ECHOED]);
});

it('sends an ArrayBuffer that was made in another context', async (t) => {
  const { WebSocketServer } = require(front);
  const wss = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  t.after(() => wss.close());
  const foreign = vm.runInNewContext('new Uint8Array([0, 1, 254, 255]).buffer');
  wss.on('connection', (ws) => {
    ws.send('héllo');
    ws.send(foreign);
  });
  await once(wss, 'listening');
  assert.deepEqual(await echoBoth(wss.address().port), ECHOED);
});

it('serves from a worker and ends with it', async () => {
  const script = `
    const { parentPort } = require('node:worker_threads');
    const { WebSocketServer } = require(${JSON.stringify(front)});
    const wss = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    wss.on('connection', (ws) => ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary })));
    wss.on('listening', () => parentPort.postMessage(wss.address().port));`;
  for (let round = 0; round < 3; round += 1) {
    const worker = new Worker(script, { eval: true });
    const [port] = await once(worker, 'message');
    assert.deepEqual(await echoBoth(port), ECHOED);
    await worker.terminate();
  }
});

it('keeps nothing open while there is no connection and no server', async () => {
  const script = `
    const { WebSocketServer } = require(${JSON.stringify(front)});
    new WebSocketServer({ noServer: true });
    const open = process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY|FS/.test(name));
    console.log(JSON.stringify(open));`;
  const { stdout } = await execute(process.execPath, ['-e', script], { timeout: 20_000 });
  assert.deepEqual(JSON.parse(stdout), []);
});

it('ends by itself after connections and server are closed', async (t) => {
  const { child, port } = await startServer(t, [server, front], root);
  assert.deepEqual(await echoBoth(port), ECHOED);
  child.stdin.end();
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});
