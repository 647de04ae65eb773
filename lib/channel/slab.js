'use strict';

// How do commands cross to a reactor? They are written into one piece of memory
// that crosses whole, at the end of a dispatch or in a microtask. The layout is
// that of src/engine/memory/command.rs and src/binding/slab.rs.

const {
  types: { isSharedArrayBuffer }
} = require('util');

/** Bits of the operation word. */
const FIN = 0x10;
const MASK = 0x20;
const REFERENCE = 0x40;
const NOTIFY = 0x80;
const PLAIN = 0x10000;

/** What a command does. */
const VERB = {
  ATTACH: 0x100,
  CLOSE: 0x200,
  TERMINATE: 0x300,
  RESET: 0x400,
  PAUSE: 0x500,
  RESUME: 0x600,
  SHUTDOWN: 0x700,
  KEY: 0x800,
  RAW: 0x900,
  INPUT: 0xa00,
  PASSED_ON: 0xb00,
  LEAVE: 0xc00,
  WATCH: 0xd00,
  OPTION: 0xe00
};

/** Words of the header. */
const USED = 0;
const PAYLOADS = 1;
const WAITING = 2;

/** Bytes of a command's head. */
const HEAD = 12;
/** Payloads of at least this size are not copied: they cross by reference. */
const BY_REFERENCE = 16 * 1024;
/** Strings that could be longer than this are encoded outside. */
const LONG_STRING = 16 * 1024;

/**
 * The outgoing slab of a channel.
 */
class Slab {
  /**
   * Create a slab.
   *
   * @param {ArrayBuffer} memory The memory
   * @param {Array} payloads Where by-reference payloads wait
   * @param {Function} flush Sends what is in it
   */
  constructor(memory, payloads, flush) {
    this.bytes = Buffer.from(memory);
    this.words = new Uint32Array(memory);
    this.payloads = payloads;
    this.flush = flush;
    this.size = memory.byteLength;
    /** The index of the last frame's operation word. */
    this.last = 0;
    /** Whether large payloads are read later than the call that sends them. */
    this.copiesPayloads = false;
  }

  /**
   * Whether nothing is in it.
   *
   * @type {Boolean}
   */
  get isEmpty() {
    return this.words[USED] <= 16;
  }

  /**
   * Whether payloads wait that cross by reference.
   *
   * @type {Boolean}
   */
  get hasPayloads() {
    return this.words[PAYLOADS] > 0;
  }

  /**
   * Makes sure a command fits.
   *
   * @param {Number} length The length of its body
   * @return {Number} Where it begins
   * @private
   */
  room(length) {
    if (this.words[USED] + HEAD + length + 4 > this.size) this.flush();
    return this.words[USED];
  }

  /**
   * Writes the head of a command and counts it as there.
   *
   * @param {Number} at Where it begins
   * @param {Number} id The connection
   * @param {Number} operation What to do
   * @param {Number} length The length of its body
   * @private
   */
  head(at, id, operation, length) {
    const { words } = this;
    const word = at >>> 2;

    words[word] = id;
    words[word + 1] = operation;
    words[word + 2] = length;
    words[USED] = at + HEAD + ((length + 3) & ~3);
    this.last = word + 1;
  }

  /**
   * Writes a frame with a text payload.
   *
   * @param {Number} id The connection
   * @param {String} text The text
   * @param {Number} operation Opcode and flags
   * @return {Number} The length of the payload in bytes
   * @private
   */
  text(id, text, operation) {
    const most = text.length * 3;

    if (most > LONG_STRING) {
      const bytes = Buffer.from(text);

      return bytes.length < BY_REFERENCE ? this.frame(id, bytes, operation) : this.large(id, bytes, operation);
    }

    const at = this.room(most);
    const length = this.bytes.utf8Write(text, at + HEAD, most);

    this.head(at, id, operation, length);
    return length;
  }

  /**
   * Writes a frame.
   *
   * @param {Number} id The connection
   * @param {Uint8Array} data The payload
   * @param {Number} operation Opcode and flags
   * @return {Number} The length of the payload in bytes
   * @private
   */
  frame(id, data, operation) {
    const { length } = data;

    if (length >= BY_REFERENCE) {
      return this.large(id, this.lent(data), operation);
    }

    const at = this.room(length);

    this.bytes.set(data, at + HEAD);
    this.head(at, id, operation, length);
    return length;
  }

  /**
   * Memory that crosses by reference.
   *
   * @param {Uint8Array} data What the application gave
   * @return {Uint8Array} It, or a copy
   * @private
   */
  lent(data) {
    return this.copiesPayloads ? Buffer.from(data) : stable(data);
  }

  /**
   * Writes a frame whose payload crosses by reference.
   *
   * @param {Number} id The connection
   * @param {Uint8Array} data The payload
   * @param {Number} operation Opcode and flags
   * @return {Number} The length of the payload in bytes
   * @private
   */
  large(id, data, operation) {
    this.reference(id, data, operation, 0);
    return data.length;
  }

  /**
   * Writes what a stream has brought.
   *
   * @param {Number} id The connection
   * @param {Number} operation The verb with its flags
   * @param {Number} backlog How much of its output the stream has not passed on
   * @param {Uint8Array} data What it has brought
   * @private
   */
  input(id, operation, backlog, data) {
    const at = this.room(4 + data.length);

    this.words[(at + HEAD) >>> 2] = backlog;
    this.bytes.set(data, at + HEAD + 4);
    this.head(at, id, operation, 4 + data.length);
  }

  /**
   * Writes a command whose payload crosses by reference.
   *
   * @param {Number} id The connection
   * @param {Uint8Array} data The payload
   * @param {Number} operation What to do
   * @param {Number} length The length of the body that is written already
   * @private
   */
  reference(id, data, operation, length) {
    const at = this.room(length);

    this.head(at, id, operation | REFERENCE, length);
    this.payloads[this.words[PAYLOADS]++] = data;
  }

  /**
   * Writes a frame that was encoded already.
   *
   * @param {Number} id The connection
   * @param {Uint8Array} start Its first bytes, the header among them
   * @param {Uint8Array} rest Its other bytes
   * @private
   */
  raw(id, start, rest) {
    const isLong = rest.length >= BY_REFERENCE;
    const length = start.length + (isLong ? 0 : rest.length);
    const at = this.room(length);

    this.bytes.set(start, at + HEAD);
    if (isLong) {
      this.reference(id, this.lent(rest), VERB.RAW, length);
    } else {
      this.bytes.set(rest, at + HEAD + start.length);
      this.head(at, id, VERB.RAW, length);
    }
  }

  /**
   * Writes a command without a body.
   *
   * @param {Number} id The connection
   * @param {Number} verb What to do
   * @private
   */
  command(id, verb) {
    this.head(this.room(0), id, verb, 0);
  }

  /**
   * Writes the command that chooses the mask of the next frame.
   *
   * @param {Number} id The connection
   * @param {Uint8Array} key The masking key, four bytes
   * @private
   */
  key(id, key) {
    const at = this.room(4);

    this.bytes.set(key, at + HEAD);
    this.head(at, id, VERB.KEY, 4);
  }

  /**
   * Writes the command that sends a close frame.
   *
   * @param {Number} id The connection
   * @param {Number} code The status code, 0 for none
   * @param {(String|Uint8Array)} reason The reason, at most 123 bytes
   * @param {Number} flags Flags of the frame
   * @private
   */
  close(id, code, reason, flags) {
    const bytes = typeof reason === 'string' ? Buffer.from(reason) : reason;
    const at = this.room(4 + bytes.length);

    this.words[(at + HEAD) >>> 2] = code;
    this.bytes.set(bytes, at + HEAD + 4);
    this.head(at, id, VERB.CLOSE | flags, 4 + bytes.length);
  }

  /**
   * Writes the command that sets an option of the socket.
   *
   * @param {Number} id The connection
   * @param {Number[]} option Its words
   * @private
   */
  option(id, option) {
    const at = this.room(option.length * 4);

    this.words.set(option, (at + HEAD) >>> 2);
    this.head(at, id, VERB.OPTION, option.length * 4);
  }

  /**
   * Writes the command that starts a connection.
   *
   * @param {Number} id The connection
   * @param {Number} fd Its descriptor, -1 for a Duplex
   * @param {Number} settings The number of its settings
   * @param {String} response The response head, a character per byte
   * @param {(Uint8Array|null)} leftover What arrived already
   * @private
   */
  attach(id, fd, settings, response, leftover) {
    const length = 8 + response.length;
    const at = this.room(length);
    const word = (at + HEAD) >>> 2;

    this.words[word] = fd >>> 0;
    this.words[word + 1] = settings;
    this.bytes.latin1Write(response, at + HEAD + 8, response.length);
    if (leftover === null) this.head(at, id, VERB.ATTACH, length);
    else this.reference(id, leftover, VERB.ATTACH, length);
  }

  /**
   * Asks to be told when the frame written last is out.
   *
   * @private
   */
  notify() {
    this.words[this.last] |= NOTIFY;
    this.words[WAITING]++;
  }
}

/**
 * Memory that may vanish or change size cannot be lent.
 *
 * @param {Uint8Array} data The payload
 * @return {Uint8Array} It, or a copy
 * @private
 */
function stable(data) {
  const { buffer } = data;

  return isSharedArrayBuffer(buffer) || buffer.resizable === true ? Buffer.from(data) : data;
}

/**
 * Tells the length of a frame.
 *
 * @param {Number} length The length of its payload
 * @return {Number} With its header, unmasked
 * @private
 */
function framedLength(length) {
  if (length < 126) return length + 2;
  return length < 65536 ? length + 4 : length + 10;
}

module.exports = { FIN, MASK, NOTIFY, PLAIN, Slab, VERB, framedLength };
