'use strict';

/**
 * Which foreign programs do the tests need, where are they, how does one get those that are missing? And which of them
 * have to be built first?
 */

const path = require('node:path');
const { existsSync, mkdirSync } = require('node:fs');
const { root, run } = require('./process');

const { env, execPath, versions } = process;

const CHROMIUM = env.CHROMIUM || '/usr/bin/chromium';
const PYTHON = env.PEERS_PYTHON || 'python3';
const WEBSOCAT = env.WEBSOCAT || 'websocat';

/** The programs of a JDK. */
const [JAVA, JAVAC] = ['java', 'javac'].map((name) => (env.JAVA_HOME ? path.join(env.JAVA_HOME, 'bin', name) : name));

/** Where what is built lies. */
const BUILT = env.PEERS_BUILT || path.join(root, 'target/peers');

/** Where Debian puts libraries in Go. */
const GOPATH = env.GOPATH || '/usr/share/gocode';

const JAVA_CLASSES = path.join(BUILT, 'java');
const PROGRAMS_FOLDER = path.join(root, '__test__/interop/peers');
const GORILLA = path.join(BUILT, 'gorilla-peer');
const GO_EXAMPLE = path.join(BUILT, 'go-example');
const TUNGSTENITE = path.join(BUILT, 'cargo/debug/tungstenite-peer');

/** How a browser starts without a screen, and without asking anybody on the internet for anything. */
const CHROMIUM_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
];

/** The first version of Node that has a WebSocket without being asked for it. */
const FIRST_NODE = 22;

/** The executables of Node whose WebSocket is tested: this one, unless others are named. */
const NODES = (env.PEERS_NODES ? env.PEERS_NODES.split(path.delimiter) : [execPath]).filter(
  (executable) => executable !== execPath || Number(versions.node.split('.')[0]) >= FIRST_NODE
);

/**
 * Does a program start and end well?
 *
 * @param {string} command Program
 * @param {string[]} args Arguments
 * @param {object} [added] Variables for it
 * @return {Promise<boolean>} True when it does
 * @private
 */
async function answers(command, args, added) {
  const { code } = await run(command, args, { capture: true, env: added });
  return code === 0;
}

/**
 * Is every Node one that has a WebSocket, and is there one?
 *
 * @return {Promise<boolean>} True when it is so
 * @private
 */
async function nodesAnswer() {
  const found = await Promise.all(NODES.map((executable) => answers(executable, ['-e', 'WebSocket.CLOSED'])));
  return found.length > 0 && found.every(Boolean);
}

/** What the tests need, how to see that it is there, where it comes from. */
const PROGRAMS = [
  {
    name: 'Chromium',
    hint: `no ${CHROMIUM}; apt-get install chromium, or set CHROMIUM to its path`,
    found: () => existsSync(CHROMIUM)
  },
  { name: 'strace', hint: 'apt-get install strace', found: () => answers('strace', ['-V']) },
  { name: 'curl', hint: 'apt-get install curl', found: () => answers('curl', ['-V']) },
  { name: 'nghttp', hint: 'apt-get install nghttp2-client', found: () => answers('nghttp', ['--version']) },
  {
    name: 'a JDK',
    hint: 'apt-get install default-jdk-headless, or set JAVA_HOME to its folder',
    found: () => answers(JAVAC, ['--version'])
  },
  { name: 'ipptool', hint: 'apt-get install cups-ipp-utils', found: () => answers('ipptool', ['--version']) },
  {
    name: 'a Node with a WebSocket',
    hint: `set PEERS_NODES to executables of Node ${FIRST_NODE} or newer, joined by "${path.delimiter}"`,
    found: nodesAnswer
  },
  {
    name: 'a Python with websockets and aiohttp',
    hint: 'pip install -r __test__/interop/peers/requirements.txt in a venv, and set PEERS_PYTHON to its python',
    found: () => answers(PYTHON, ['-c', 'import websockets.asyncio.client, aiohttp'])
  },
  {
    name: 'Go with gorilla/websocket',
    hint: 'apt-get install golang-go golang-github-gorilla-websocket-dev, or set GOPATH to where the library is',
    found: () => answers('go', ['list', 'github.com/gorilla/websocket'], { GO111MODULE: 'off', GOPATH })
  },
  {
    name: 'websocat',
    hint: 'cargo install websocat@1.14.1 --locked --no-default-features, or set WEBSOCAT to its path',
    found: () => answers(WEBSOCAT, ['--version'])
  },
  { name: 'cargo', hint: 'https://rustup.rs', found: () => answers('cargo', ['--version']) }
];

/**
 * Names the programs that are not here.
 *
 * @return {Promise<object[]>} Entries of PROGRAMS
 * @public
 */
async function missingPrograms() {
  const found = await Promise.all(PROGRAMS.map((program) => program.found()));
  return PROGRAMS.filter((_, index) => !found[index]);
}

/**
 * Builds a program in Go.
 *
 * @param {string} executable What to build
 * @param {string} source Its file
 * @return {Promise<boolean>} Could it be?
 * @private
 */
async function buildGo(executable, source) {
  const { code } = await run('go', ['build', '-o', executable, source], { env: { GO111MODULE: 'off', GOPATH } });
  return code === 0;
}

/**
 * Builds the peers that have to be built.
 *
 * @return {Promise<boolean>} Could they be?
 * @public
 */
async function buildPeers() {
  mkdirSync(BUILT, { recursive: true });
  const gorilla = await buildGo(GORILLA, path.join(PROGRAMS_FOLDER, 'gorilla/main.go'));
  const example = await buildGo(GO_EXAMPLE, path.join(root, 'examples/go-client/main.go'));
  const java = await run(JAVAC, ['-d', JAVA_CLASSES, path.join(root, '__test__/peers/support/Client.java')]);
  const manifest = path.join(PROGRAMS_FOLDER, 'tungstenite/Cargo.toml');
  const cargo = await run('cargo', ['build', '--locked', '--quiet', '--manifest-path', manifest], {
    env: { CARGO_TARGET_DIR: path.join(BUILT, 'cargo') }
  });
  return gorilla && example && java.code === 0 && cargo.code === 0;
}

module.exports = {
  CHROMIUM,
  CHROMIUM_FLAGS,
  GO_EXAMPLE,
  GORILLA,
  JAVA,
  JAVA_CLASSES,
  NODES,
  PYTHON,
  TUNGSTENITE,
  WEBSOCAT,
  buildPeers,
  missingPrograms
};
