'use strict';

// What do many samples say in one line? Medians: a storm shares its machine with a browser.

const FIGURES = ['perSecond', 'threadTime', 'processTime', 'delay', 'roundTrip'];

/**
 * @param {Object[]} samples The samples of one contender
 * @return {Object} The median of each figure
 * @public
 */
function summary(samples) {
  const values = (figure) => samples.map((sample) => sample[figure]).filter(Number.isFinite);
  return Object.fromEntries(FIGURES.map((figure) => [figure, median(values(figure))]));
}

/**
 * @param {Number[]} values Any numbers
 * @return {Number|null} The middle one
 * @private
 */
function median(values) {
  const sorted = values.sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? null;
}

module.exports = summary;
