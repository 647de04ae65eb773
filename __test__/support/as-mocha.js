'use strict';

// How do tests run that were written for mocha? Preloaded with `--require`, this gives them its functions, which node:test
// has too: but there what a callback is handed first is the test, and `done` comes second.

const nodeTest = require('node:test');

/** What node:test is to call for a function of mocha's. */
const adapted = (fn) => (fn.length === 0 ? fn : (_, done) => fn(done));

globalThis.describe = nodeTest.describe;
for (const name of ['after', 'before']) globalThis[name] = (fn) => nodeTest[name](adapted(fn));
globalThis.it = (title, fn) => nodeTest.it(title, adapted(fn));
