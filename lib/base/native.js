'use strict';

// The only file that loads the addon.

const { loadError } = require('./load-error');

try {
  module.exports = require('../../binding.js');
} catch (err) {
  throw loadError(err);
}
