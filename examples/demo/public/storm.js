// What does the comparison look like while it runs, and what came out?

import { Chart } from './chart.js';
import { count, delay, time } from './format.js';

const SERIES = { ws: '--ws', upshift: '--upshift' };

const ROWS = [
  { key: 'perSecond', title: 'Messages per second', format: count, more: true },
  { key: 'threadTime', title: 'JS-thread time per message', format: time },
  { key: 'processTime', title: 'CPU of the process per message', format: time },
  { key: 'delay', title: 'Event-loop delay, worst in 0.1 s', format: delay },
  { key: 'roundTrip', title: 'Round trip', format: time }
];

const byId = (id) => document.getElementById(id);

/**
 * @param {Object[]} shapes The storms there are
 * @return {Function} Shows one phase
 */
export function startStorm(shapes) {
  const rate = new Chart(byId('storm-rate'), {
    series: SERIES,
    slots: 48,
    format: count,
    empty: 'nothing measured yet'
  });
  const cost = new Chart(byId('storm-time'), {
    series: SERIES,
    slots: 48,
    format: time,
    empty: 'nothing measured yet'
  });
  const select = byId('shape');
  select.append(...shapes.map(({ name, title }) => new Option(title, name)));
  byId('storm-form').addEventListener('submit', (event) => {
    event.preventDefault();
    begin(select.value);
  });

  const add = ({ name, sample }) => {
    rate.push(name, sample.perSecond);
    cost.push(name, sample.threadTime);
    byId('storm-progress').value++;
    byId('storm-message').textContent = name === 'ws' ? 'on ws' : 'on Upshift';
  };

  const phases = {
    begin({ shape, slots, samples, results }) {
      select.value = shape.name;
      [rate, cost].forEach((chart) => chart.clear(slots));
      show('running', '');
      Object.assign(byId('storm-progress'), { max: slots * 2, value: 0 });
      for (const [name, early] of Object.entries(samples)) early.forEach((sample) => add({ name, sample }));
      if (results) phases.end({ results });
    },
    sample: add,
    end({ results }) {
      show('done', '');
      byId('results').tBodies[0].replaceChildren(...ROWS.map((row) => tableRow(row, results)));
    },
    failed: ({ reason }) => show('failed', `It broke off: ${reason}`)
  };
  return (value) => phases[value.phase](value);
}

/**
 * @param {String} shape Which storm
 */
async function begin(shape) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch('api/storm', { method: 'POST', headers, body: JSON.stringify({ shape }) });
  if (!answer.ok) byId('storm-message').textContent = (await answer.json()).error;
}

/**
 * @param {String} state idle, running, done or failed
 * @param {String} message What to say
 */
function show(state, message) {
  const running = state === 'running';
  byId('storm').dataset.state = state;
  byId('storm-form').querySelector('button').disabled = running;
  byId('shape').disabled = running;
  byId('storm-progress').hidden = !running;
  byId('storm-message').textContent = message;
  byId('results').hidden = state !== 'done';
}

/**
 * @param {Object} row What it compares
 * @param {Object} results The medians of both
 * @return {HTMLTableRowElement} The row
 */
function tableRow({ key, title, format, more }, { ws, upshift }) {
  const row = document.createElement('tr');
  const heading = document.createElement('th');
  heading.scope = 'row';
  heading.textContent = title;
  row.append(heading);
  for (const value of [ws[key], upshift[key]]) row.insertCell().textContent = value === null ? '–' : format(value);
  const [text, better] = difference(ws[key], upshift[key], more);
  const cell = row.insertCell();
  cell.textContent = text;
  cell.className = better ? 'better' : 'worse';
  return row;
}

/**
 * @param {Number} ws One value
 * @param {Number} upshift The other
 * @param {Boolean} more Whether more is better
 * @return {Array} In words, and whether Upshift is the better one
 */
function difference(ws, upshift, more) {
  const ratio = Math.max(ws, upshift) / Math.min(ws, upshift);
  if (!Number.isFinite(ratio)) return ['–', true];
  if (ratio < 1.05) return ['the same', true];
  const words = `${ratio.toFixed(ratio < 10 ? 1 : 0)} × ${upshift > ws ? 'more' : 'less'}`;
  return [words, upshift > ws === Boolean(more)];
}
