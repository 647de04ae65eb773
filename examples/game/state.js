'use strict';

// What is the state of the game, and how is it written in bytes? JSON would be five times as long, thirty times a second,
// for everybody. No sockets here: this can be tested, and replaced, by itself.
//
//     frame   tick: uint32, players: 6 bytes each (id: uint16, x: uint16, y: uint16), all big-endian
//     input   one byte: the keys that are down (1 left, 2 right, 4 up, 8 down)

const WIDTH = 640;
const HEIGHT = 360;

/** Pixels per tick. */
const SPEED = 4;

/** Bytes before the players, and of each player. */
const HEAD = 4;
const PLAYER = 6;

const clamp = (value, most) => Math.min(Math.max(value, 0), most);

/** All there is in the game. */
class State {
  /** Create it. */
  constructor() {
    this.tick = 0;
    this.players = new Map();
  }

  /**
   * @param {Number} id A player who has come
   */
  join(id) {
    const x = Math.floor(Math.random() * WIDTH);
    const y = Math.floor(Math.random() * HEIGHT);
    this.players.set(id, { x, y, keys: 0 });
  }

  /**
   * @param {Number} id A player who has gone
   */
  leave(id) {
    this.players.delete(id);
  }

  /**
   * Only the last input before a tick counts, so whoever sends a thousand per tick is no faster than the others.
   *
   * @param {Number} id A player
   * @param {Number} keys What is down
   */
  input(id, keys) {
    this.players.get(id).keys = keys;
  }

  /** Moves everybody. */
  step() {
    this.tick = (this.tick + 1) >>> 0;
    for (const player of this.players.values()) {
      const { keys } = player;
      player.x = clamp(player.x + SPEED * (((keys >> 1) & 1) - (keys & 1)), WIDTH);
      player.y = clamp(player.y + SPEED * (((keys >> 3) & 1) - ((keys >> 2) & 1)), HEIGHT);
    }
  }

  /**
   * @return {Buffer} The frame: a new Buffer each time, because a sent one must not be changed before it is out
   */
  encode() {
    const frame = Buffer.allocUnsafe(HEAD + PLAYER * this.players.size);
    let at = frame.writeUInt32BE(this.tick, 0);
    for (const [id, { x, y }] of this.players) {
      at = frame.writeUInt16BE(id, at);
      at = frame.writeUInt16BE(x, at);
      at = frame.writeUInt16BE(y, at);
    }
    return frame;
  }
}

module.exports = State;
