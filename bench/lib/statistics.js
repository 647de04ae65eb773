'use strict';

/**
 * What do repeated measurements say? Medians, and ratios within each pair: both of a pair met the machine at the same
 * time, so a slow minute does not change their ratio.
 */

/**
 * @param {Number[]} values Any numbers; what is none is left out
 * @return {Number|undefined} The middle one
 * @public
 */
function median(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : average(sorted.slice(Math.max(middle - 1, 0), middle + 1));
}

/**
 * @param {Number[]} values Two numbers or none
 * @return {Number|undefined} Their mean
 * @private
 */
function average(values) {
  return values.length === 0 ? undefined : (values[0] + values[1]) / 2;
}

/**
 * Sums up the rounds of a cell.
 *
 * @param {Object} cell The cell
 * @param {Object[]} rounds Figures by contender, one object per round
 * @return {Object} By contender and metric: the median, the median ratio to ws, the goal and whether it is met
 * @public
 */
function summarise(cell, rounds) {
  const names = Object.keys(rounds[0] ?? {});
  const entry = (name) => cell.metrics.map((metric) => [metric, figure(cell, rounds, name, metric)]);
  return Object.fromEntries(names.map((name) => [name, Object.fromEntries(entry(name))]));
}

/**
 * @param {Object} cell The cell
 * @param {Object[]} rounds Figures by contender
 * @param {String} name The contender
 * @param {String} metric The figure
 * @return {Object} Its summary
 * @private
 */
function figure(cell, rounds, name, metric) {
  const value = median(rounds.map((round) => round[name]?.[metric]));
  const ratio = median(rounds.map((round) => round[name]?.[metric] / round.ws?.[metric]));
  const goal = cell.goals?.[name]?.[metric];
  return { value, ratio: name === 'ws' ? undefined : ratio, goal, met: meets(metric, goal, value, ratio) };
}

/** What is better when there is more of it. */
const MORE = new Set(['msgs_per_s', 'mb_per_s', 'per_s']);

/**
 * @param {String} metric The figure
 * @param {Number|Object} [goal] A bound on the ratio, or `{ absolute }` on the value
 * @param {Number} [value] The median
 * @param {Number} [ratio] The median ratio
 * @return {Boolean|undefined} Whether the goal is met; undefined without a goal or a figure
 * @private
 */
function meets(metric, goal, value, ratio) {
  if (goal === undefined) return undefined;
  const [bound, found] = goal.absolute === undefined ? [goal, ratio] : [goal.absolute, value];
  if (found === undefined) return undefined;
  return MORE.has(metric) ? found >= bound : found <= bound;
}

module.exports = { median, summarise };
