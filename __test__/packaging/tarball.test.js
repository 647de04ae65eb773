'use strict';

/**
 * Does the package work where npm put it? On a machine without Rust, from the two tarballs alone.
 */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { it } = require('node:test');
const { addonName, platformName } = require('../../lib/base/load-error');
const manifest = require('../../package.json');
const { ECHOED, echoBoth, emptyFolder, execute, install, installed, packBoth, root } = require('./support');
const { startServer, withoutCargo } = require('./support');

const server = path.join(__dirname, 'fixtures/server.js');

/** What may be in the tarball besides lib/ and types/. */
const FRONT = [
  'LICENSE',
  'README.md',
  'binding.d.ts',
  'binding.js',
  'browser.js',
  'index.d.mts',
  'index.d.ts',
  'index.js',
  'index.mjs',
  'package.json'
];

it('packs the front door, lib and types, nothing else', async (t) => {
  const { main, platform } = await packBoth(emptyFolder(t));
  assert.deepEqual(
    main.files.filter((file) => !/^(lib\/[a-z0-9/-]+\.js|(types|use)\/[a-z0-9-]+\.d\.ts)$/.test(file)),
    FRONT
  );
  assert.deepEqual(platform.files, ['README.md', 'package.json', addonName()].sort());
});

it('echoes from an empty folder, installed without cargo', async (t) => {
  const folder = await installed(t);
  await assert.rejects(execute('cargo', ['--version'], { env: withoutCargo }), { code: 'ENOENT' });
  fs.copyFileSync(server, path.join(folder, 'server.js'));
  const { child, port } = await startServer(t, ['server.js'], folder);
  assert.deepEqual(await echoBoth(port), ECHOED);
  child.stdin.end();
  assert.deepEqual(await once(child, 'exit'), [0, null], 'it ends by itself when the server is closed');
});

it('gives the same exports to import and to require', async (t) => {
  const folder = await installed(t);
  const script = `
    import { createRequire } from 'node:module';
    import * as imported from 'upshift';
    const required = createRequire(import.meta.url)('upshift');
    const names = Object.keys(imported).filter((name) => name !== 'default');
    for (const name of names) if (imported[name] !== required[name]) throw new Error(name);
    if (imported.default !== required) throw new Error('default');
    console.log(names.includes('WebSocketServer'));`;
  fs.writeFileSync(path.join(folder, 'names.mjs'), script);
  const { stdout } = await execute(process.execPath, ['names.mjs'], { cwd: folder });
  assert.equal(stdout, 'true\n');
});

it('is ws to a program that npm gave it to under that name', async (t) => {
  const folder = emptyFolder(t);
  const { main, platform } = await packBoth(folder);
  const user = await install(folder, 'user', [`ws@file:${main.tarball}`, platform.tarball]);
  const script = `
    import WebSocket, { WebSocketServer, createWebSocketStream } from 'ws';
    import { createRequire } from 'node:module';
    const required = createRequire(import.meta.url)('ws');
    if (required !== WebSocket || required.createWebSocketStream !== createWebSocketStream) throw new Error('not the same');
    const server = new WebSocketServer({ port: 0, perMessageDeflate: true }, () => {
      const client = new WebSocket('ws://127.0.0.1:' + server.address().port);
      createWebSocketStream(client, { encoding: 'utf8' }).on('data', (text) => {
        console.log(text, client.transport === null);
        client.close();
        server.close();
      });
    });
    server.on('connection', (ws) => ws.send('hello'));`;
  fs.writeFileSync(path.join(user, 'user.mjs'), script);
  const { stdout } = await execute(process.execPath, ['user.mjs'], { cwd: user, timeout: 20_000 });
  assert.equal(stdout, 'hello false\n');
});

it('serves from two installed copies in one process', async (t) => {
  const folder = emptyFolder(t);
  const { main, platform } = await packBoth(folder);
  const copies = [];
  for (const name of ['one', 'two']) copies.push(await install(folder, name, [main.tarball, platform.tarball]));
  const script = `
    const ports = [];
    const servers = ${JSON.stringify(copies)}.map((folder) => {
      const { WebSocketServer } = require(folder + '/node_modules/upshift');
      const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
      server.on('connection', (ws) => ws.on('message', (data, binary) => ws.send(data, { binary })));
      server.on('listening', () => ports.push(server.address().port) === 2 && console.log(ports.join('\\n')));
      return server;
    });
    process.stdin.on('end', () => servers.forEach((server) => server.close())).resume();`;
  fs.writeFileSync(path.join(folder, 'both.js'), script);
  const { child, ports } = await startServer(t, ['both.js'], folder, 2);
  assert.deepEqual(await Promise.all(ports.map(echoBoth)), [ECHOED, ECHOED]);
  child.stdin.end();
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

it('says what to do when the platform package is missing', async (t) => {
  const folder = emptyFolder(t);
  const { main } = await packBoth(folder);
  const user = await install(folder, 'user', [main.tarball]);
  await assert.rejects(execute(process.execPath, ['-e', "require('upshift')"], { cwd: user }), ({ stderr }) => {
    assert.match(stderr, new RegExp(`the package upshift-${platformName()} is missing`));
    assert.match(stderr, /ERR_UPSHIFT_BINDING/);
    return true;
  });
});

it('has a manifest for each target, of the same version', () => {
  const folders = fs.readdirSync(path.join(root, 'npm'));
  assert.equal(folders.length, manifest.napi.targets.length);
  for (const folder of folders) {
    const { cpu, engines, files, libc, main, name, os: systems, version } = require(`../../npm/${folder}/package.json`);
    assert.equal(name, `upshift-${folder}`);
    assert.equal(version, manifest.version);
    assert.deepEqual(engines, manifest.engines);
    assert.deepEqual(files, [main]);
    assert.equal(main, `upshift.${folder}.node`);
    assert.ok(folder.startsWith(`${systems[0]}-${cpu[0]}`), folder);
    assert.deepEqual(libc, { gnu: ['glibc'], musl: ['musl'] }[folder.split('-')[2]]);
  }
});

it('has the frameworks where npm has put them, and says so when there are none', async (t) => {
  const folder = await installed(t);
  const script = `
    import upgrades, { upgrades as named } from 'upshift/use/express';
    import websocket from 'upshift/use/fastify';
    import { createRequire } from 'node:module';
    const require = createRequire(import.meta.url);
    if (upgrades !== named || require('upshift/use/express') !== upgrades) throw new Error('express');
    if (require('upshift/use/fastify') !== websocket) throw new Error('fastify');
    try {
      upgrades({});
    } catch (err) {
      console.log(err.code, err.message);
    }`;
  fs.writeFileSync(path.join(folder, 'frameworks.mjs'), script);
  const { stdout } = await execute(process.execPath, ['frameworks.mjs'], { cwd: folder });
  assert.match(stdout, /^ERR_UPSHIFT_FRAMEWORK .*express is not installed: npm install express$/m);
  for (const name of ['express', 'fastify']) assert.ok(!fs.existsSync(path.join(folder, 'node_modules', name)), name);
});
