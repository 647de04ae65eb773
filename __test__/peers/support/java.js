'use strict';

// How does Java's HttpClient meet a server? In the program Client.java, which `npm run test:peers` compiles.

const { execFile } = require('node:child_process');
const { promisify } = require('node:util');

const { JAVA, JAVA_CLASSES } = require('../../../scripts/peer-programs');

const run = promisify(execFile);

/** Lets it make its requests, and talk to a WebSocket at a path; resolves with the lines it prints, see there. */
async function runJava(port, path) {
  const { stdout } = await run(JAVA, ['-cp', JAVA_CLASSES, 'Client', `127.0.0.1:${port}`, path], { timeout: 60_000 });

  return stdout.split('\n').filter(Boolean);
}

module.exports = { runJava };
