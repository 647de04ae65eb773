'use strict';

/**
 * How is the report of the interop tests read and printed? One row per peer and role, one column per case; a cell holds
 * for all ways a message can travel.
 */

const fs = require('node:fs');
const { CASES } = require('../__test__/interop/support/cases');

/**
 * Reads the lines of a report.
 *
 * @param {string} file The report
 * @return {object[]} Its lines
 * @public
 */
function readReport(file) {
  if (!fs.existsSync(file)) return [];
  return fs.readFileSync(file, 'utf8').trimEnd().split('\n').filter(Boolean).map(JSON.parse);
}

/**
 * Says what a cell shows.
 *
 * @param {object[]} lines What was reported of it
 * @param {string[]} reasons Reasons so far; those of this cell are added
 * @return {string} Text
 * @private
 */
function cellOf(lines, reasons) {
  if (lines.length === 0) return 'MISSING';
  if (lines.some(({ result }) => result === 'failed')) return 'FAILED';
  if (lines.every(({ result }) => result === 'ok')) return 'ok';
  const [{ reason }] = lines.filter(({ result }) => result !== 'ok');
  if (!reasons.includes(reason)) reasons.push(reason);
  return `(${reasons.indexOf(reason) + 1})`;
}

/**
 * Groups lines by a key.
 *
 * @param {object[]} lines Lines
 * @param {Function} keyOf Gives the key of a line
 * @return {Map<string, object[]>} Groups, in the order of their first lines
 * @private
 */
function groupBy(lines, keyOf) {
  const groups = new Map();
  for (const line of lines) {
    const key = keyOf(line);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(line);
  }
  return groups;
}

/**
 * Makes the table.
 *
 * @param {object[]} lines Lines of a report
 * @return {string} Table and reasons
 * @public
 */
function table(lines) {
  const names = Object.keys(CASES);
  const reasons = [];
  const rows = [['', ...names]];
  for (const [, group] of groupBy(lines, ({ peer, role }) => `${peer} ${role}`)) {
    const [{ peer, role }] = group;
    const version = group.find((line) => line.version !== undefined)?.version ?? peer;
    const cells = names.map((name) =>
      cellOf(
        group.filter((line) => line.name === name),
        reasons
      )
    );
    rows.push([`${version}, ${role}`, ...cells]);
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const text = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd()
  );
  return [...text, '', ...reasons.map((reason, at) => `(${at + 1}) not possible: ${reason}`)].join('\n');
}

module.exports = { readReport, table };
