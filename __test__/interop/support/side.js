'use strict';

// What happens at one end of a connection, in order? Both ends answer the same calls, ours and the foreign one, so that a
// case need not know which of them it drives.

const { EventEmitter, once } = require('node:events');

/** What does not happen within this time (ms) does not happen. */
const PATIENCE = 20_000;

/**
 * One end of a connection: a queue of what happened there.
 */
class Side {
  /**
   * @param {String} name What to call it in errors
   */
  constructor(name) {
    this.name = name;
    this.events = [];
    this.arrivals = new EventEmitter();
  }

  /**
   * Notes that something happened.
   *
   * @param {Object} event What: `{ event: 'message', kind, data }`, for example
   */
  note(event) {
    this.events.push(event);
    this.arrivals.emit('event');
  }

  /**
   * Waits for what happens next.
   *
   * @param {String} wanted What it has to be; pings may come before anything else, and not every peer tells of them
   * @return {Promise<Object>} The event
   */
  async next(wanted) {
    for (;;) {
      const event = this.events.shift();

      if (event === undefined) await this.arrival(wanted);
      else if (event.event === wanted) return event;
      else if (event.event !== 'ping') throw new Error(`${this.name}: ${wanted} expected, got ${describe(event)}`);
    }
  }

  /**
   * Waits until there is an event.
   *
   * @param {String} wanted What is waited for
   * @return {Promise<void>}
   * @private
   */
  async arrival(wanted) {
    try {
      await once(this.arrivals, 'event', { signal: AbortSignal.timeout(PATIENCE) });
    } catch {
      throw new Error(`${this.name}: no ${wanted} within ${PATIENCE / 1000} s`);
    }
  }
}

/**
 * Our end.
 */
class OurSide extends Side {
  /**
   * @param {WebSocket} ws Ours
   */
  constructor(ws) {
    super('Upshift');
    this.ws = ws;
    ws.on('open', () => this.note({ event: 'open', protocol: ws.protocol, extensions: ws.extensions }));
    ws.on('message', (data, isBinary) => this.note({ event: 'message', kind: isBinary ? 'binary' : 'text', data }));
    ws.on('ping', (data) => this.note({ event: 'ping', data }));
    ws.on('pong', (data) => this.note({ event: 'pong', data }));
    ws.on('close', (code, reason) => this.note({ event: 'close', code, reason: reason.toString() }));
    ws.on('error', (err) => this.note({ event: 'error', message: `${err.code ?? ''} ${err.message}` }));
  }

  /**
   * Sends a message, in as many fragments as it is given.
   *
   * @param {String} kind `'text'` or `'binary'`
   * @param {...Buffer} parts Its fragments
   */
  send(kind, ...parts) {
    parts.forEach((part, at) => this.ws.send(part, { binary: kind === 'binary', fin: at === parts.length - 1 }));
  }

  /**
   * @param {Buffer} data What the ping carries
   */
  ping(data) {
    this.ws.ping(data);
  }

  /**
   * @param {Number} [code] The status code
   * @param {String} [reason] The reason
   */
  close(code, reason) {
    this.ws.close(code, reason);
  }
}

/**
 * Describes an event in an error.
 *
 * @param {Object} event The event
 * @return {String} At most a line of it
 * @private
 */
function describe({ event, data, ...rest }) {
  const payload = data === undefined ? '' : ` with ${data.length} bytes`;

  return `${event}${payload} ${JSON.stringify(rest)}`.slice(0, 300);
}

module.exports = { OurSide, PATIENCE, Side };
