'use strict';

/**
 * What does the comparison look like? An SVG with two panels: throughput, and what a message costs the JS thread. In each
 * row the longer bar is full; the numbers say the rest. Follows the reader's dark or light setting.
 */

const WIDTH = 860;
const LABEL = 250;
const VALUE = 170;
const BAR = 13;
const ROW = 44;
const TOP = 58;
const PANEL_GAP = 46;

/** Which figure of which cell stands where; cells that were not measured are left out. */
const PANELS = [
  {
    title: 'Throughput: more is better',
    metrics: ['msgs_per_s', 'mb_per_s', 'per_s'],
    cells: ['echo-64', 'echo-1024', 'pipeline', 'echo-64k', 'echo-1m', 'handshake']
  },
  {
    title: 'JS-thread CPU per message: less is better',
    metrics: ['main_us'],
    cells: ['echo-64', 'echo-1024', 'pipeline', 'echo-64k', 'rate-20000']
  }
];

const UNITS = { msgs_per_s: ' messages/s', mb_per_s: ' MB/s', per_s: '/s', main_us: ' µs' };

const STYLE = `
  text { font: 13px system-ui, 'Segoe UI', Roboto, sans-serif; fill: #1b211f }
  .title { font-weight: 600; font-size: 15px } .quiet { fill: #5c6763; font-size: 12px }
  .ws { fill: #c9803f } .upshift { fill: #0b7f75 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e8edea } .quiet { fill: #9aa6a1 } .ws { fill: #f29b4c } .upshift { fill: #3fcabb }
  }`;

/**
 * @param {Object} report The result of a run
 * @return {String} The picture
 * @public
 */
function drawChart(report) {
  const { node, cpu, ws } = report.machine;
  const parts = [legend(ws)];
  let y = TOP;
  for (const panel of PANELS) {
    const rows = panelRows(panel, report.cells);
    if (rows.length === 0) continue;
    parts.push(text(0, y, panel.title, 'title'), ...rows.map((row, i) => drawRow(row, y + 16 + i * ROW)));
    y += rows.length * ROW + PANEL_GAP;
  }
  const height = y + 4;
  parts.push(
    text(0, height - 12, `Node ${node.slice(1)}, ${cpu}; medians; Upshift chooses its driver by load`, 'quiet')
  );
  const name = `<title>Upshift compared with ws ${escape(ws)}</title>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-16 -8 ${WIDTH + 32} ${height + 16}" role="img">
${name}<style>${STYLE}
</style>
${parts.join('\n')}
</svg>
`;
}

/**
 * @param {Object} panel The panel
 * @param {Object[]} cells The measured cells
 * @return {Object[]} What its rows compare
 * @private
 */
function panelRows({ metrics, cells: ids }, cells) {
  const found = ids.map((id) => cells.find((cell) => cell.id === id)).filter(Boolean);
  return found.flatMap(({ title, summary }) => {
    const metric = metrics.find((name) => summary.ws[name]?.value && summary.auto?.[name]?.value);
    if (!metric) return [];
    return [{ title, unit: UNITS[metric], ws: summary.ws[metric].value, upshift: summary.auto[metric].value }];
  });
}

/**
 * @param {Object} row What it compares
 * @param {Number} y Its upper edge
 * @return {String} Two bars with their numbers
 * @private
 */
function drawRow({ title, unit, ws, upshift }, y) {
  const scale = (WIDTH - LABEL - VALUE) / Math.max(ws, upshift);
  const bar = (value, name, top) =>
    `<rect class="${name}" x="${LABEL}" y="${top}" width="${Math.max(value * scale, 1).toFixed(1)}" height="${BAR}" rx="2"/>` +
    text(LABEL + value * scale + 7, top + 11, short(value) + unit);
  const [name, ...details] = title.split(', ');
  return [
    text(0, y + 12, name),
    text(0, y + 28, details.join(', '), 'quiet'),
    bar(ws, 'ws', y),
    bar(upshift, 'upshift', y + BAR + 3)
  ].join('\n');
}

/**
 * @param {String} version The version of ws
 * @return {String} Which colour is whose
 * @private
 */
function legend(version) {
  const key = (x, name, label) =>
    `<rect class="${name}" x="${x}" y="6" width="22" height="${BAR}" rx="2"/>${text(x + 30, 17, label)}`;
  return key(0, 'ws', `ws ${version}`) + key(120, 'upshift', 'Upshift');
}

/**
 * @param {Number} x Left
 * @param {Number} y Baseline
 * @param {String} words What it says
 * @param {String} [name] Its class
 * @return {String} The element
 * @private
 */
function text(x, y, words, name = '') {
  return `<text x="${x.toFixed(1)}" y="${y}"${name && ` class="${name}"`}>${escape(words)}</text>`;
}

/**
 * @param {String} words Any text
 * @return {String} The text as XML
 * @private
 */
function escape(words) {
  return words.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * @param {Number} value Any number
 * @return {String} Three significant digits and a scale
 * @private
 */
function short(value) {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  if (value >= 1e4) return `${Number((value / 1e3).toPrecision(3))} k`;
  return Number(value.toPrecision(3)).toLocaleString('en');
}

module.exports = drawChart;
