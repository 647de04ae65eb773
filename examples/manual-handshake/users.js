'use strict';

// What does the application decide itself? Who may come in, and where to: the same for both servers.

const { setTimeout: pause } = require('timers/promises');

const TOKENS = new Map([
  ['sesame', 'Ali'],
  ['swordfish', 'Groucho']
]);

// Not `new URL(req.url, …)`: it throws for some of what a peer may ask for ('//'), and who catches that here?
const targetOf = (req) => req.url.split('?', 2);

/**
 * Looks the token up, as if in a database.
 *
 * @param {http.IncomingMessage} req The request
 * @return {Promise<String|undefined>} The user's name
 * @public
 */
async function userOf(req) {
  await pause(5);
  const [, query] = targetOf(req);
  return TOKENS.get(new URLSearchParams(query).get('token'));
}

/**
 * @param {http.IncomingMessage} req The request
 * @return {String|undefined} The room it asks for
 * @public
 */
function roomOf(req) {
  const [path] = targetOf(req);
  return path === '/room' ? 'room' : undefined;
}

module.exports = { roomOf, userOf };
