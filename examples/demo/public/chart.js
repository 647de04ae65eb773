// How is a row of numbers drawn? Lines over a grid on a canvas, in the colours of the style sheet, sharp on any screen.

const LEFT = 50;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 8;

/** A line chart of one or more series over a fixed number of slots. */
export class Chart {
  /**
   * @param {HTMLCanvasElement} canvas Where to draw
   * @param {Object} options How
   * @param {Object} options.series The name of a series and the CSS variable of its colour
   * @param {Number} options.slots How many values fit beside each other
   * @param {Function} options.format Turns a value into a label
   * @param {Boolean} [options.rolling] New values come in on the right and old ones leave on the left
   * @param {Number} [options.least] The scale never ends below this
   * @param {String} [options.empty] What stands there while there is nothing to draw
   */
  constructor(canvas, { series, slots, format, rolling = false, least = 0, empty = '' }) {
    Object.assign(this, { canvas, series, slots, format, rolling, least, empty });
    this.clear(slots);
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
  }

  /**
   * Forgets all values.
   *
   * @param {Number} slots How many will come
   */
  clear(slots) {
    this.slots = slots;
    this.values = Object.fromEntries(Object.keys(this.series).map((name) => [name, []]));
    this.draw();
  }

  /**
   * Adds a value; null leaves a gap.
   *
   * @param {String} name The series
   * @param {Number|null} value The value
   */
  push(name, value) {
    const values = this.values[name];
    values.push(value);
    if (values.length > this.slots) values.shift();
    this.draw();
  }

  /** Draws all again: some thousand points at most, a few times a second. */
  draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width === 0) return;
    const scale = devicePixelRatio || 1;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    const context = this.canvas.getContext('2d');
    context.scale(scale, scale);
    const style = getComputedStyle(this.canvas);
    const highest = Math.max(this.least, ...Object.values(this.values).flat());
    const step = niceStep(highest);
    const top = step * Math.max(1, Math.ceil(highest / step));
    const area = { left: LEFT, right: width - RIGHT, top: TOP, bottom: height - BOTTOM };
    const y = (value) => area.bottom - (value / top) * (area.bottom - area.top);
    this.drawGrid(context, style, area, { step, top, y, labels: highest > 0 });
    for (const [name, colour] of Object.entries(this.series)) {
      this.drawLine(context, style.getPropertyValue(colour), area, this.values[name], y);
    }
    this.describe();
  }

  /**
   * @param {CanvasRenderingContext2D} context Where to
   * @param {CSSStyleDeclaration} style The colours
   * @param {Object} area The plot
   * @param {Object} scale Distance of the lines, the highest, where a value lies, whether there are values
   */
  drawGrid(context, style, area, { step, top, y, labels }) {
    context.font = `11px ${style.fontFamily}`;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    context.lineWidth = 1;
    context.strokeStyle = style.getPropertyValue('--line');
    context.fillStyle = style.getPropertyValue('--quiet');
    for (let value = 0; value <= top * 1.001; value += step) {
      const at = Math.round(y(value)) + 0.5;
      context.beginPath();
      context.moveTo(area.left, at);
      context.lineTo(area.right, at);
      context.stroke();
      if (labels) context.fillText(value === 0 ? '0' : this.format(value), area.left - 7, at);
    }
    if (labels) return;
    context.textAlign = 'center';
    context.fillText(this.empty, (area.left + area.right) / 2, y(top / 2) - 12);
  }

  /**
   * @param {CanvasRenderingContext2D} context Where to
   * @param {String} colour Of line and area
   * @param {Object} area The plot
   * @param {Array} values The series
   * @param {Function} y Where a value lies
   */
  drawLine(context, colour, area, values, y) {
    const gap = (area.right - area.left) / Math.max(1, this.slots - 1);
    const first = this.rolling ? this.slots - values.length : 0;
    const x = (i) => area.left + (first + i) * gap;
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = 2;
    context.lineJoin = 'round';
    for (const run of runs(values)) {
      const line = new Path2D();
      run.forEach((i) => line.lineTo(x(i), y(values[i])));
      context.stroke(line);
      // Two areas over each other would be the colour of neither.
      if (Object.keys(this.series).length > 1) continue;
      line.lineTo(x(run.at(-1)), area.bottom);
      line.lineTo(x(run[0]), area.bottom);
      context.globalAlpha = 0.12;
      context.fill(line);
      context.globalAlpha = 1;
    }
  }

  /** Says in words what the picture shows. */
  describe() {
    const words = Object.entries(this.values).map(([name, values]) => {
      const last = values.findLast((value) => value !== null);
      return `${name}: ${last === undefined ? 'no values yet' : this.format(last)}`;
    });
    this.canvas.setAttribute('aria-label', words.join(', '));
  }
}

/**
 * @param {Array} values Numbers and nulls
 * @return {Number[][]} The indexes of each stretch without a gap
 */
function runs(values) {
  const found = [];
  values.forEach((value, i) => {
    if (value === null) return;
    if (i > 0 && values[i - 1] !== null) found.at(-1).push(i);
    else found.push([i]);
  });
  return found;
}

/**
 * @param {Number} highest The highest value
 * @return {Number} A round distance that makes two to four lines
 */
function niceStep(highest) {
  const rough = (highest || 1) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
}
