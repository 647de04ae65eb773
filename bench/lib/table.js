'use strict';

/**
 * How does a person read the result? One block per load: a row per figure, a column per server, the ratio to ws beside
 * each value, a tick or a cross where there is a goal.
 */

const { METRICS } = require('./cells');

const LABEL = 26;
const COLUMN = 22;

/**
 * @param {Object} machine What it ran on
 * @param {Object} pins Which cores
 * @return {String} The head of the report
 * @public
 */
function head(machine, pins) {
  const { node, cpu, cores, system, upshift, ws, bufferutil } = machine;
  const where = pins.server === null ? 'not pinned' : `server on core ${pins.server}, load on core ${pins.load}`;
  return `Upshift ${upshift} against ws ${ws} with bufferutil ${bufferutil}
Node ${node}, ${cpu}, ${cores} cores, ${system}; ${where}\n`;
}

/**
 * @param {Object} result A cell and its summary
 * @return {String} Its block
 * @public
 */
function block({ title, pairs, summary, rounds = [] }) {
  const names = Object.keys(summary);
  const columns = names.map((name) => name.padStart(12).padEnd(COLUMN)).join('');
  const metrics = Object.keys(summary[names[0]] ?? {});
  const rows = metrics.map((metric) =>
    row(
      metric,
      names.map((name) => summary[name][metric])
    )
  );
  const heading = `\n${title} (${pairs} ${pairs === 1 ? 'pair' : 'pairs'})`;
  return [heading, ' '.repeat(LABEL) + columns, ...rows, ...failures(rounds)].join('\n');
}

/**
 * @param {Object[]} rounds Figures by contender
 * @return {String[]} A line for each measurement that failed
 * @private
 */
function failures(rounds) {
  const entries = rounds.flatMap((round) => Object.entries(round));
  return entries.filter(([, { error }]) => error).map(([name, { error }]) => `  ${name} failed: ${error}`);
}

/**
 * @param {String} metric The figure
 * @param {Object[]} cells One per contender
 * @return {String} The line
 * @private
 */
function row(metric, cells) {
  const { title, digits } = METRICS[metric];
  return `  ${title}`.padEnd(LABEL) + cells.map((cell) => entry(cell, digits)).join('');
}

/**
 * @param {Object} cell Median, ratio and goal
 * @param {Number} digits Decimals of the median
 * @return {String} The entry, as wide as a column
 * @private
 */
function entry({ value, ratio, met }, digits) {
  if (value === undefined) return '–'.padStart(12).padEnd(COLUMN);
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const number = value.toLocaleString('en', options).padStart(12);
  const beside = ratio === undefined ? '' : ` ×${ratio.toPrecision(3)}`;
  const mark = { true: ' ✓', false: ' ✗' }[met] ?? '';
  return (number + beside + mark).padEnd(COLUMN);
}

/**
 * @param {Object[]} results All cells
 * @return {String[]} The goals that were missed
 * @public
 */
function missed(results) {
  return results.flatMap(({ id, summary }) =>
    Object.entries(summary).flatMap(([name, figures]) =>
      Object.entries(figures)
        .filter(([, { met }]) => met === false)
        .map(([metric, figure]) => `${id} ${name} ${metric}: ${describe(figure)}`)
    )
  );
}

/**
 * @param {Object} figure Median, ratio and goal
 * @return {String} What was found and what was wanted
 * @private
 */
function describe({ value, ratio, goal }) {
  if (goal.absolute !== undefined) return `${value.toFixed(2)}, goal ${goal.absolute}`;
  return `×${ratio.toPrecision(3)}, goal ×${goal.toPrecision(3)}`;
}

module.exports = { block, head, missed };
