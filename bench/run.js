'use strict';

/**
 * `npm run bench`: how do ws and Upshift compare on this machine? For each load both servers take turns, each time as a
 * fresh process on cores the load generator does not use. Prints a table, writes JSON, draws an SVG on request.
 */

const fs = require('fs');
const path = require('path');

const Progress = require('./lib/progress');
const drawChart = require('./lib/chart');
const measure = require('./lib/measure');
const { CELLS, chooseCells } = require('./lib/cells');
const { USAGE, readOptions } = require('./lib/options');
const { block, head, missed } = require('./lib/table');
const { buildGenerator } = require('./lib/generator');
const { choosePins, describeMachine } = require('./lib/machine');
const { hasStrace } = require('./lib/syscalls');
const { summarise } = require('./lib/statistics');

const RESULTS = path.join(__dirname, 'results');

/**
 * Does what the arguments say.
 *
 * @return {Promise<void>} Resolves at the end
 * @private
 */
async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(USAGE);
  if (options.list) return CELLS.forEach(({ id, title }) => console.log(id.padEnd(12), title));
  const report = options.from ? readReport(options.from) : await compare(options);
  if (options.svg) fs.writeFileSync(options.svg, drawChart(report));
  const misses = missed(report.cells);
  if (misses.length > 0) console.log(`\nGoals missed:\n  ${misses.join('\n  ')}`);
  if (options.strict && misses.length > 0) process.exitCode = 1;
}

/**
 * @param {String} file An earlier result
 * @return {Object} The report in it, printed
 * @private
 */
function readReport(file) {
  const report = JSON.parse(fs.readFileSync(file, 'utf8'));
  console.log(head(report.machine, report.pins));
  report.cells.forEach((cell) => console.log(block(cell)));
  return report;
}

/**
 * Measures everything that was asked for.
 *
 * @param {Object} options The options
 * @return {Promise<Object>} The report, printed and written
 * @private
 */
async function compare(options) {
  const run = { options, generator: options.generator ?? buildGenerator(), pins: choosePins(options) };
  const report = { machine: describeMachine(), pins: run.pins, cells: [] };
  const cells = chooseCells(options.only).filter((cell) => possible(cell));
  const turns = cells.flatMap((cell) => contenders(cell, options)).length * options.pairs;
  const progress = new Progress(turns);
  console.log(head(report.machine, report.pins));
  for (const cell of cells) {
    const result = await compareCell(cell, run, progress);
    progress.clear();
    console.log(block(result));
    report.cells.push(result);
  }
  write(options.json ?? path.join(RESULTS, `${report.machine.date.replace(/[:.]/g, '-')}.json`), report);
  return report;
}

/**
 * @param {Object} cell A cell
 * @return {Boolean} Whether this machine can measure it
 * @private
 */
function possible(cell) {
  if (cell.kind !== 'syscalls' || hasStrace()) return true;
  console.error(`${cell.id} is left out: there is no strace`);
  return false;
}

/**
 * @param {Object} cell A cell
 * @param {Object} options The options
 * @return {String[]} Its contenders, ws first
 * @private
 */
function contenders(cell, { drivers }) {
  return ['ws', ...(cell.servers ?? drivers)];
}

/**
 * Lets the contenders take turns; every other round runs backwards, so that nobody always comes after the same.
 *
 * @param {Object} cell The cell
 * @param {Object} run Options, cores and generator
 * @param {Progress} progress Where to tell how far it is
 * @return {Promise<Object>} The result
 * @private
 */
async function compareCell(cell, run, progress) {
  const names = contenders(cell, run.options);
  const rounds = [];
  for (let round = 0; round < run.options.pairs; round++) {
    const figures = Object.fromEntries(names.map((name) => [name, undefined]));
    for (const name of round % 2 ? [...names].reverse() : names) {
      progress.step(`${cell.id}, ${name}`);
      figures[name] = await attempt(cell, name, run);
    }
    rounds.push(figures);
  }
  const { id, title, load } = cell;
  return { id, title, load: load.join(' '), pairs: rounds.length, summary: summarise(cell, rounds), rounds };
}

/**
 * Measures; a server that fails is part of the result, not the end of the run.
 *
 * @param {Object} cell The cell
 * @param {String} name The contender
 * @param {Object} run Options, cores and generator
 * @return {Promise<Object>} Figures, or an error
 * @private
 */
async function attempt(cell, name, run) {
  try {
    return await measure(cell, name, run);
  } catch (err) {
    process.exitCode = 1;
    return { error: err.message };
  }
}

/**
 * @param {String} file Where to
 * @param {Object} report What
 * @private
 */
function write(file, report) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`\nresult: ${path.relative(process.cwd(), file)}`);
}

main().catch((err) => {
  console.error(`bench: ${err.message}`);
  process.exitCode = 1;
});
