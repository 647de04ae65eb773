'use strict';

// What does Node keep on a socket under symbols that it exports nowhere? They are recognised by their descriptions.

/** The symbols, by description; found on the first socket that has one. */
const privateSymbols = new Map();

/**
 * The value of one of Node's private symbols on a socket.
 *
 * @param {net.Socket} socket The socket
 * @param {String} description The symbol's description
 * @return {(Symbol|undefined)} The symbol, if the socket has it
 * @public
 */
function privateSymbol(socket, description) {
  let symbol = privateSymbols.get(description);

  if (!symbol) {
    symbol = Object.getOwnPropertySymbols(socket).find((candidate) => candidate.description === description);
    if (symbol) privateSymbols.set(description, symbol);
  }

  return symbol;
}

module.exports = { privateSymbol };
