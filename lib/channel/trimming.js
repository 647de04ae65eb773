'use strict';

// When is memory given back to the system? Node allocates a dozen things for a connection that it frees with the handshake
// or with the connection; they lie between those that live on, and glibc keeps the room for itself. So the allocator is
// asked to give it back, on a thread of libuv's pool, once many connections have come or gone and no more do.

const native = require('../base/native');
const { outside } = require('../base/root-context');

/** Fewer are not worth a walk through the heap. */
const MANY = 1000;
/** How long none may have come or gone (ms). */
const QUIET = 1000;

let changes = 0;
let seen = 0;
let timer = null;

/**
 * A connection has come or gone.
 *
 * @private
 */
function noteConnection() {
  changes++;
  if (changes >= MANY && timer === null) timer = outside(() => setTimeout(look, QUIET).unref());
}

module.exports = { noteConnection };

/**
 * Asks for it, unless connections came or went since the last look.
 *
 * @private
 */
function look() {
  if (changes === seen) {
    timer = null;
    changes = seen = 0;
    native.trimMemory();
  } else {
    seen = changes;
    timer.refresh();
  }
}
