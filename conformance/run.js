'use strict';

/**
 * `npm run conformance`: do the server and the client pass Autobahn's test suite, whichever way bytes travel?
 *
 *     AUTOBAHN_HOME=FOLDER npm run conformance              all but the slow cases, and a sample of those with compression
 *     AUTOBAHN_HOME=FOLDER npm run conformance -- --full    all that expected.json names
 *     … -- --client, … -- --server                          only one of the two
 *     … -- --path=loop                                      only this way (loop, threads, stream; several are possible)
 *     … -- --against ws                                     the same cases on ws, to compare; judged as strictly
 *
 * Reports lie in conformance/reports afterwards, a page per case.
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { freePort } = require('../scripts/free-port');
const { run, root } = require('../scripts/process');
const { pinnedPaths } = require('../scripts/test-files');
const expected = require('./expected.json');
const { judge } = require('./judge');

/** Exit status of sysexits.h for "a service is unavailable". */
const EX_UNAVAILABLE = 69;

/** What the suite is started with. */
const SCRIPTS = ['run-server-cases.sh', 'run-client-cases.sh'];

const HOW_TO_GET_IT = `conformance: AUTOBAHN_HOME is not set, or lacks ${SCRIPTS.join(' or ')}.
It names a folder with the Autobahn test suite (PyPI: autobahntestsuite, on Python 2.7) and these beside it:
  site/                 the installed package: pip install --target site autobahntestsuite
  run-server-cases.sh   run-server-cases.sh URL OUTDIR CASES…: runs its fuzzingclient with {"servers": [{"url": URL}],
                        "cases": CASES without those that start with "!", "outdir": OUTDIR} and leaves OUTDIR/index.json
  run-client-cases.sh   run-client-cases.sh PORT OUTDIR CASES… -- COMMAND…: runs its fuzzingserver with such cases on
                        127.0.0.1:PORT, COMMAND with its address in KIT_URL, and leaves OUTDIR/index.json
Then: AUTOBAHN_HOME=/that/folder npm run conformance`;

/**
 * Starts the echo server.
 *
 * @param {string} module Module whose WebSocketServer is under test
 * @param {object} env Variables that pick the way bytes travel
 * @return {Promise<{ port: string, stop: Function }>} The running server
 * @private
 */
async function startServer(module, env) {
  const child = spawn(process.execPath, [path.join(__dirname, 'server.js'), module], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit']
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const lines = readline.createInterface({ input: child.stdout });
  const port = await Promise.race([new Promise((resolve) => lines.once('line', resolve)), ended]);
  if (typeof port !== 'string') throw new Error('the echo server did not start');
  const stop = () => {
    child.stdin.end();
    return ended;
  };
  return { port, stop };
}

/**
 * Lists the cases of a run.
 *
 * @param {boolean} full With the slow ones?
 * @return {string[]} Patterns; those that start with "!" are left out
 * @private
 */
function casesOf(full) {
  const { cases, compressed, sample, slow } = expected;
  return full ? [...cases, ...compressed] : [...cases, ...sample, ...slow.map((pattern) => `!${pattern}`)];
}

/** How the suite is run against each side: `(module, env, reports, cases)`. */
const SIDES = {
  async server(module, env, reports, cases) {
    const server = await startServer(module, env);
    const script = path.join(process.env.AUTOBAHN_HOME, 'run-server-cases.sh');
    await run('bash', [script, `ws://127.0.0.1:${server.port}`, reports, ...cases]);
    await server.stop();
  },

  async client(module, env, reports, cases) {
    const script = path.join(process.env.AUTOBAHN_HOME, 'run-client-cases.sh');
    const command = [process.execPath, path.join(__dirname, 'client.js'), module];
    await run('bash', [script, String(await freePort()), reports, ...cases, '--', ...command], { env });
  }
};

/**
 * Runs the suite against one side and judges the result.
 *
 * @param {string} side Which one, of `SIDES`
 * @param {string} name Name of the way bytes travel
 * @param {string} module Module under test
 * @param {object} env Variables that pick the way
 * @param {boolean} full With the slow cases?
 * @return {Promise<string[]>} Complaints
 * @private
 */
async function runSuite(side, name, module, env, full) {
  const reports = path.join(__dirname, 'reports', `${side}-${name.replace(/ /g, '-')}`);
  const index = path.join(reports, 'index.json');
  fs.mkdirSync(reports, { recursive: true });
  fs.rmSync(index, { force: true });
  await SIDES[side](module, env, reports, casesOf(full));
  if (!fs.existsSync(index)) return ['the suite left no result'];
  return judge(Object.values(JSON.parse(fs.readFileSync(index, 'utf8')))[0], full);
}

/**
 * Is the suite where the environment says?
 *
 * @return {boolean} True when it is
 * @private
 */
function hasSuite() {
  const home = process.env.AUTOBAHN_HOME;
  return Boolean(home) && SCRIPTS.every((script) => fs.existsSync(path.join(home, script)));
}

/**
 * Runs the suite once per way bytes can travel.
 *
 * @param {string[]} args Command line
 * @return {Promise<number>} Exit status
 * @private
 */
async function main(args) {
  if (!hasSuite()) {
    console.error(HOW_TO_GET_IT);
    return EX_UNAVAILABLE;
  }
  const other = args[args.indexOf('--against') + 1];
  const against = args.includes('--against');
  const runs = against ? [{ name: other, env: {} }] : pinnedPaths(args);
  const sides = Object.keys(SIDES).filter((side) => args.includes(`--${side}`));
  const chosen = sides.length > 0 ? sides : Object.keys(SIDES);
  let status = 0;
  for (const [side, { name, env }] of chosen.flatMap((side) => runs.map((one) => [side, one]))) {
    console.log(`conformance: ${side}, ${name}`);
    const complaints = await runSuite(side, name, against ? other : root, env, args.includes('--full'));
    console.log(complaints.length === 0 ? '  passed' : `  failed\n    ${complaints.join('\n    ')}`);
    if (complaints.length > 0) status = 1;
  }
  return status;
}

main(process.argv.slice(2)).then((status) => (process.exitCode = status));
