'use strict';

// How do events lie in a batch? As src/engine/memory/batch.rs writes them: four
// words each (connection, kind, offset, length), then what they carry.

/** The words of a batch before its payload: 8192 events of four. */
const TABLE_BYTES = 8192 * 16;

/** The low bits of an id are the connection's index. */
const INDEX = 0xfffff;

/** Bits of the kind. */
const OPCODE = 0x0f;
const FRAGMENTED = 0x40;
const LARGE = 0x80;
const KIND = 0xff;

/**
 * A batch's memory, as JavaScript sees it.
 */
class Batch {
  /**
   * Create the views.
   *
   * @param {ArrayBuffer} memory The memory
   */
  constructor(memory) {
    this.memory = memory;
    this.words = new Uint32Array(memory, 0, TABLE_BYTES >>> 2);
  }
}

module.exports = { Batch, FRAGMENTED, INDEX, KIND, LARGE, OPCODE, TABLE_BYTES };
