'use strict';

/**
 * How do the scripts start other programs? One place for npm's and cargo's oddities.
 */

const { spawn } = require('node:child_process');
const path = require('node:path');

const root = path.resolve(__dirname, '..');

/**
 * Runs a program in the repository's root and resolves with how it ended.
 *
 * @param {string} command Program
 * @param {string[]} args Arguments
 * @param {object} [options] Options
 * @param {boolean} [options.capture] Collect what it prints instead of showing it
 * @param {boolean} [options.tee] Collect and show
 * @param {object} [options.env] Variables added to the environment
 * @param {string} [options.cwd] Working folder
 * @return {Promise<{ code: number, output: string }>} Exit code (127: not found) and collected output
 * @public
 */
function run(command, args, { capture = false, tee = false, env = {}, cwd = root } = {}) {
  return new Promise((resolve) => {
    const stdio = capture || tee ? ['inherit', 'pipe', 'pipe'] : 'inherit';
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio });
    let output = '';
    for (const [stream, target] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr]
    ]) {
      if (stream === null) continue;
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        if (tee) target.write(text);
      });
    }
    child.on('error', (error) => resolve({ code: 127, output: `${output}${error.message}\n` }));
    child.on('close', (code, signal) =>
      resolve({ code: signal ? 128 : code, output: signal ? output + signal : output })
    );
  });
}

/**
 * Runs a JavaScript file with the Node that runs us.
 *
 * @param {string} file File, relative to the root or absolute
 * @param {string[]} args Arguments
 * @param {object} [options] As `run`
 * @return {Promise<{ code: number, output: string }>} As `run`
 * @public
 */
function runNode(file, args, options) {
  return run(process.execPath, [path.resolve(root, file), ...args], options);
}

/**
 * Runs npm: the one that started us where there is one, so that no second version takes part.
 *
 * @param {string[]} args Arguments
 * @param {object} [options] As `run`
 * @return {Promise<{ code: number, output: string }>} As `run`
 * @public
 */
function runNpm(args, options) {
  const cli = process.env.npm_execpath;
  if (cli && /npm-cli\.c?js$/.test(cli)) return run(process.execPath, [cli, ...args], options);
  return process.platform === 'win32'
    ? run('cmd.exe', ['/d', '/s', '/c', 'npm', ...args], options)
    : run('npm', args, options);
}

module.exports = { root, run, runNode, runNpm };
