// How does a figure read? Short, with the unit a person would choose.

/**
 * @param {Number} value Any count
 * @return {String} At most four characters and a scale
 */
export function count(value) {
  if (value >= 1e6) return `${trim(value / 1e6)} M`;
  if (value >= 1e4) return `${trim(value / 1e3)} k`;
  return Math.round(value).toLocaleString('en');
}

/**
 * @param {Number} micros Microseconds
 * @return {String} In µs or ms
 */
export function time(micros) {
  return micros >= 1000 ? `${trim(micros / 1000)} ms` : `${trim(micros)} µs`;
}

/**
 * @param {Number} millis Milliseconds
 * @return {String} In µs or ms
 */
export function delay(millis) {
  return time(millis * 1000);
}

/**
 * @param {Number} value Any number
 * @return {String} With three significant digits
 */
function trim(value) {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(value < 0.1 ? 1 : value < 10 ? 2 : 3)));
}
