'use strict';

// What does the application decide itself? Who may come in, and where to: the same for both servers.

const { setTimeout: pause } = require('timers/promises');

const TOKENS = new Map([
  ['sesame', 'Ali'],
  ['swordfish', 'Groucho']
]);

const urlOf = (req) => new URL(req.url, 'http://localhost');

/**
 * Looks the token up, as if in a database.
 *
 * @param {http.IncomingMessage} req The request
 * @return {Promise<String|undefined>} The user's name
 * @public
 */
async function userOf(req) {
  await pause(5);
  return TOKENS.get(urlOf(req).searchParams.get('token'));
}

/**
 * @param {http.IncomingMessage} req The request
 * @return {String|undefined} The room it asks for
 * @public
 */
function roomOf(req) {
  return urlOf(req).pathname === '/room' ? 'room' : undefined;
}

module.exports = { roomOf, userOf };
