'use strict';

// How does a suite attack a server? One process serves for all its tests, each attack has a neighbour, and many peers do
// the same at once.

const { after, before, test } = require('node:test');

const { Victim, withNeighbour } = require('./victim');

/**
 * Starts a process for the tests of the suite it is called in.
 *
 * @param {Function} serve Starts servers in it and tells where they are
 * @param {Function} [home] Says where of these the neighbour lives
 * @return {Object} `{ attack }`: makes a test of an attack, which gets `{ victim, where }`
 */
function besiege(serve, home = (where) => where) {
  const there = {};

  before(async () => {
    there.victim = await Victim.start();
    there.where = await serve(there.victim);
  });

  after(() => there.victim.end());

  return {
    attack(name, act) {
      test(name, () => withNeighbour(there.victim, home(there.where), () => act(there)));
    }
  };
}

/**
 * Lets many peers do something.
 *
 * @param {Number} peers How many
 * @param {Function} act What one does
 * @return {Promise<Array>} What came of it
 */
function atOnce(peers, act) {
  return Promise.all(Array.from({ length: peers }, act));
}

module.exports = { atOnce, besiege };
