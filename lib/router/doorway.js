'use strict';

// How does a router see an upgrade before everybody else does? It stands before the dispatch of the server's `'upgrade'`
// event: listeners, registered earlier or later, never hear of a request that a route takes. A WebSocketServer of ws with
// a path, for one, answers 400 to whatever is not its own.
//
// One doorway per server, however many routers it has; they are asked in the order in which they were made.

const { answerAsHttp } = require('../upgrades/plain-http');
const { askedProtocols } = require('../upgrades/asked');
const { isForOthers } = require('./others');

/** Where the doorway of a server is noted: two installed copies of this package agree on it. */
const DOORWAY = Symbol.for('upshift.doorway');

/**
 * What makes Node emit `'upgrade'` at all. It is the same function for all routers, and nothing ever calls it.
 *
 * @private
 */
function standIn() {}

/**
 * The place before the dispatch of a server's events.
 */
class Doorway {
  /**
   * Create a `Doorway`.
   *
   * @param {net.Server} server The server
   */
  constructor(server) {
    this.server = server;
    /** Those that are asked, see `standBefore()`. */
    this.askers = [];

    const { emit } = server;
    const doorway = this;

    // The server's `emit()` from now on.
    this.emit = function emitBehindDoorway(event, ...args) {
      const isMet = event === 'upgrade' && doorway.askers.length > 0 && doorway.meet(...args);

      return isMet || emit.call(this, event, ...args);
    };
    this.original = emit;
    server.emit = this.emit;
    server.on('upgrade', standIn);
  }

  /**
   * An upgrade has arrived.
   *
   * @param {http.IncomingMessage} req The request
   * @param {Duplex} socket What came with it
   * @param {Buffer} head What came with it
   * @return {Boolean} Whether somebody has it; otherwise it is for the other listeners
   * @private
   */
  meet(req, socket, head) {
    const asked = askedProtocols(req);

    // To nobody: "MUST ignore" in HTTP/1.0 (RFC 9110 section 7.8), and a list that cannot be read asks for nothing.
    if (asked.length > 0) return this.offer({ asked, head, req, socket }, this.askers);

    this.answer(req, socket, head);
    return true;
  }

  /**
   * Asks those who stand here.
   *
   * @param {Object} upgrade What has arrived, and what it asks for
   * @param {Object[]} askers Those of them that are asked
   * @return {Boolean} As `meet()`
   * @private
   */
  offer(upgrade, askers) {
    const { asked, head, req, socket } = upgrade;
    const isTaken = askers.some(({ ask }, at) => {
      const rest = askers.slice(at + 1);

      return ask(req, socket, head, {
        asked,
        hasOthers: () => rest.length > 0 || this.isForListeners(asked),
        passOn: () => this.offer(upgrade, rest) || this.original.call(this.server, 'upgrade', req, socket, head)
      });
    });

    if (isTaken) return true;
    if (this.isForListeners(asked)) return false;

    this.answer(req, socket, head);
    return true;
  }

  /**
   * Answers as an ordinary request what is for nobody.
   *
   * @param {http.IncomingMessage} req The request
   * @param {Duplex} socket What came with it
   * @param {Buffer} head What came with it
   * @private
   */
  answer(req, socket, head) {
    const { limits } = this.askers.find((asker) => asker.limits !== undefined) ?? {};

    answerAsHttp(this.server, req, socket, head, { limits });
  }

  /**
   * Tells whether a request that nobody takes is for the listeners of the event.
   *
   * @param {Object[]} asked What it asks for
   * @return {Boolean} `true` if so
   * @private
   */
  isForListeners(asked) {
    const opinions = this.askers.flatMap(({ isKnown }) => isKnown ?? []);

    return this.hasListeners() && isForOthers(asked, opinions);
  }

  /**
   * Tells whether the server has `'upgrade'` listeners besides routers.
   *
   * @return {Boolean} `true` if so
   * @private
   */
  hasListeners() {
    return this.server.listeners('upgrade').some((listener) => listener !== standIn);
  }

  /**
   * Somebody leaves.
   *
   * @param {Object} asker Who was asked
   * @private
   */
  leave(asker) {
    this.askers = this.askers.filter((other) => other !== asker);
    if (this.askers.length > 0) return;

    const { server } = this;

    server.removeListener('upgrade', standIn);
    // Somebody may stand before us by now; then ours goes on passing everything.
    if (server.emit === this.emit) {
      delete server.emit;
      if (server.emit !== this.original) server.emit = this.original;
      delete server[DOORWAY];
    }
  }
}

/**
 * Asks to be asked about the upgrades of a server.
 *
 * @param {net.Server} server The server
 * @param {Function} ask `ask(req, socket, head, { asked, hasOthers, passOn })` returns whether it takes the request.
 *     `asked` is what the request asks for. `hasOthers()` tells whether somebody else may want it: those that are asked
 *     later, or listeners of the event. `passOn()` may be called later, when a request that was taken turns out to be none
 *     for the asker after all: it goes to the others as if the asker had not taken it
 * @param {Object} [says] What the asker has a say in
 * @param {?Function} [says.isKnown] What it says about the other listeners, see `passingOn()`
 * @param {Object} [says.limits] How long bodies may be, and take, that have to be through before a request is ordinary
 * @return {Function} Stops that
 * @private
 */
function standBefore(server, ask, { isKnown = null, limits } = {}) {
  if (server[DOORWAY] === undefined) {
    Object.defineProperty(server, DOORWAY, { configurable: true, value: new Doorway(server) });
  }

  const doorway = server[DOORWAY];
  const asker = { ask, isKnown, limits };

  if (doorway.askers.length === 0 && !server.listeners('upgrade').includes(standIn)) server.on('upgrade', standIn);
  doorway.askers.push(asker);
  return () => doorway.leave(asker);
}

module.exports = { standBefore };
