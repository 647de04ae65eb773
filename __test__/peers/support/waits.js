'use strict';

// Who waits for a lock, and in whose code? Reads what `strace -f -k -e trace=futex` writes: calls, each with its stack.

/** A frame of our addon. */
const OURS = /upshift\.[\w-]+\.node\(/;

/** Frames that say of a wait within a call of ours that it is not ours: V8 collects, the C library allocates. */
const NOT_OURS = /\((v8::|(__libc_)?(malloc|c?free|calloc|realloc|memalign)\b)/;

/**
 * Reads a recording.
 *
 * @param {string} text What strace has written
 * @return {{ call: string, stack: string[], thread: number }[]} The calls that have ended, the innermost frame first
 * @public
 */
function readCalls(text) {
  const calls = [];
  const unfinished = new Map();
  let current = null;

  for (const line of text.split('\n')) {
    const [, number, call] = /^(\d+) +(.*)$/.exec(line) ?? [];

    if (call === undefined) {
      if (line.startsWith(' > ')) current?.stack.push(line.slice(3));
      continue;
    }

    const thread = Number(number);

    if (call.startsWith('<... futex resumed>')) current = unfinished.get(thread) ?? null;
    else current = { call, stack: [], thread };

    if (call.endsWith('<unfinished ...>')) unfinished.set(thread, current);
    else if (current !== null && current.call.startsWith('futex(')) calls.push(current);
  }

  return calls;
}

/**
 * Is the addon's code in the stack of a call?
 *
 * @param {{ stack: string[] }} call The call
 * @return {boolean} Whether it is
 * @public
 */
function concernsUs({ stack }) {
  return stack.some((frame) => OURS.test(frame));
}

/**
 * Is it the addon's code that waits?
 *
 * @param {{ call: string, stack: string[] }} call The call
 * @return {boolean} Whether it is
 * @public
 */
function isOurWait({ call, stack }) {
  const above = stack.slice(
    0,
    stack.findIndex((frame) => OURS.test(frame))
  );

  return /\bFUTEX_(WAIT|LOCK)/.test(call) && concernsUs({ stack }) && !above.some((frame) => NOT_OURS.test(frame));
}

module.exports = { concernsUs, isOurWait, readCalls };
