'use strict';

/**
 * How does a test get what a user gets? Packs the package and the platform package and installs both into an empty
 * folder, with no cargo in PATH.
 */

const { execFile, spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const { promisify } = require('node:util');
const WebSocket = require('ws');
const { dependencies } = require('../../package.json');
const { addonName, platformName } = require('../../lib/base/load-error');

const root = path.resolve(__dirname, '../..');
const execute = promisify(execFile);

/** The environment of somebody who has Node and npm but no Rust. */
const withoutCargo = {
  ...process.env,
  PATH: process.env.PATH.split(path.delimiter)
    .filter((folder) => !fs.existsSync(path.join(folder, 'cargo')))
    .join(path.delimiter)
};

/** Makes an empty folder that goes away with the test. */
function emptyFolder(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'upshift-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs npm in a folder and resolves with what it printed. */
async function npm(args, cwd) {
  const cli = process.env.npm_execpath;
  const [command, first] = cli && /npm-cli\.c?js$/.test(cli) ? [process.execPath, [cli]] : ['npm', []];
  const { stdout } = await execute(command, [...first, ...args], { cwd, env: withoutCargo });
  return stdout;
}

/** Packs what the package depends on: no registry is asked in a test. */
async function packDependencies(folder) {
  const names = Object.keys(dependencies);
  const packed = await Promise.all(names.map((name) => pack(path.join(root, 'node_modules', name), folder)));
  return packed.map(({ tarball }) => tarball);
}

/** Packs one folder and resolves with the tarball's path and the files in it. */
async function pack(folder, destination) {
  const [{ filename, files }] = JSON.parse(
    await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', destination], folder)
  );
  return { tarball: path.join(destination, filename), files: files.map((file) => file.path).sort() };
}

/** Packs the package itself and the package of this platform into a folder. */
async function packBoth(folder) {
  const platform = path.join(folder, 'platform');
  fs.cpSync(path.join(root, 'npm', platformName()), platform, { recursive: true });
  fs.copyFileSync(path.join(root, addonName()), path.join(platform, addonName()));
  return { main: await pack(root, folder), platform: await pack(platform, folder) };
}

/** Installs tarballs into a new folder below `folder`. */
async function install(folder, name, tarballs) {
  const target = path.join(folder, name);
  fs.mkdirSync(target);
  fs.writeFileSync(path.join(target, 'package.json'), JSON.stringify({ name, private: true }));
  const all = [...tarballs, ...(await packDependencies(target))];
  await npm(['install', '--offline', '--no-audit', '--no-fund', '--no-save', ...all], target);
  return target;
}

/** Packs and installs; resolves with the folder a user would work in. */
async function installed(t) {
  const folder = emptyFolder(t);
  const { main, platform } = await packBoth(folder);
  return install(folder, 'user', [main.tarball, platform.tarball]);
}

/** Starts a program that prints the ports of its echo servers as its first lines and ends with its standard input. */
async function startServer(t, args, cwd, count = 1) {
  const child = spawn(process.execPath, args, { cwd, env: withoutCargo, stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill());
  const ports = [];
  for await (const line of readline.createInterface({ input: child.stdout })) {
    if (ports.push(Number(line)) === count) return { child, port: ports[0], ports };
  }
  throw new Error('the server ended before it listened');
}

/** Sends a text and a binary message to an echo server and resolves with what came back. */
async function echoBoth(port) {
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  const received = [];
  client.on('message', (data, isBinary) => {
    received.push(isBinary ? data : data.toString());
    if (received.length === 2) client.close();
  });
  client.on('open', () => {
    client.send('héllo');
    client.send(Buffer.from([0, 1, 254, 255]));
  });
  await once(client, 'close');
  return received;
}

/** What echoBoth resolves with when all is well. */
const ECHOED = ['héllo', Buffer.from([0, 1, 254, 255])];

module.exports = {
  ECHOED,
  echoBoth,
  emptyFolder,
  execute,
  install,
  installed,
  packBoth,
  root,
  startServer,
  withoutCargo
};
