// What does the server measure about itself? Four figures and how they moved.

import { Chart } from './chart.js';
import { count, delay, time } from './format.js';

/** Four samples a second for half a minute. */
const SLOTS = 120;

const GAUGES = [
  { key: 'perSecond', title: 'Messages per second', format: count, least: 100 },
  { key: 'threadTime', title: 'JS-thread time per message', format: time, least: 1, none: 'too few messages' },
  { key: 'delay', title: 'Event-loop delay, worst', format: delay, least: 1 },
  { key: 'connections', title: 'Open WebSockets', format: count, least: 10 }
];

/**
 * @param {HTMLElement} parent Where the gauges go
 * @return {Function} Shows one sample
 */
export function startGauges(parent) {
  const gauges = GAUGES.map((gauge) => ({ ...gauge, ...build(parent, gauge) }));
  return (sample) => {
    for (const { key, format, none, output, chart } of gauges) {
      const value = sample[key];
      output.textContent = value === null ? none : format(value);
      output.classList.toggle('none', value === null);
      chart.push(key, value);
    }
  };
}

/**
 * @param {HTMLElement} parent Where to
 * @param {Object} gauge What it shows
 * @return {Object} Its number and its chart
 */
function build(parent, { key, title, format, least }) {
  const card = document.createElement('div');
  const heading = document.createElement('h3');
  const output = document.createElement('output');
  const canvas = document.createElement('canvas');
  card.className = 'gauge';
  card.id = `gauge-${key}`;
  heading.textContent = title;
  output.textContent = '–';
  canvas.setAttribute('role', 'img');
  card.append(heading, output, canvas);
  parent.append(card);
  return {
    output,
    chart: new Chart(canvas, { series: { [key]: '--upshift' }, slots: SLOTS, format, rolling: true, least })
  };
}
