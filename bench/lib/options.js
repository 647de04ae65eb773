'use strict';

/**
 * What was asked for on the command line?
 */

const { parseArgs } = require('util');

const { DRIVERS } = require('./cells');

const USAGE = `npm run bench -- [options]
  --only LIST          cells by id, or by how their ids begin (see --list)
  --pairs N            how often each server meets each load, ws beside it every time (5)
  --seconds S          the measured window (3, and 10 at a steady rate)
  --warmup S           what is thrown away before it (1)
  --drivers LIST       auto, loop, threads (all)
  --server-cpus LIST   cores of the server, as taskset takes them (all but the last)
  --load-cpus LIST     cores of the generator (the last)
  --generator FILE     another load generator with the same options and output
  --json FILE          where the result goes (bench/results/DATE.json)
  --svg FILE           draw a chart of the result
  --from FILE          measure nothing: print and draw an earlier result
  --strict             exit with 1 when a goal is missed
  --list               print the cells and end
`;

const KINDS = {
  only: { type: 'string', default: '' },
  pairs: { type: 'string', default: '5' },
  seconds: { type: 'string' },
  warmup: { type: 'string', default: '1' },
  drivers: { type: 'string', default: DRIVERS.join() },
  'server-cpus': { type: 'string' },
  'load-cpus': { type: 'string' },
  generator: { type: 'string' },
  json: { type: 'string' },
  svg: { type: 'string' },
  from: { type: 'string' },
  strict: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false }
};

/**
 * @param {String[]} args The arguments
 * @return {Object} The options, checked
 * @throws {Error} With a sentence for the person who asked
 * @public
 */
function readOptions(args) {
  const { values } = parseArgs({ args, options: KINDS });
  const drivers = list(values.drivers);
  const unknown = drivers.find((driver) => !DRIVERS.includes(driver));
  if (unknown) throw new Error(`--drivers: there is no "${unknown}"`);
  return {
    ...values,
    only: list(values.only),
    drivers,
    pairs: Math.ceil(positive('pairs', values.pairs)),
    seconds: values.seconds === undefined ? undefined : positive('seconds', values.seconds),
    warmup: positive('warmup', values.warmup)
  };
}

/**
 * @param {String} text Words with commas
 * @return {String[]} The words
 * @private
 */
function list(text) {
  return text.split(',').filter(Boolean);
}

/**
 * @param {String} name The option
 * @param {String} text Its value
 * @return {Number} The value
 * @throws {Error} If it is not above zero
 * @private
 */
function positive(name, text) {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new Error(`--${name} is a number above 0, not "${text}"`);
  return value;
}

module.exports = { USAGE, readOptions };
