'use strict';

// Where does a body in chunks end? Where Node's own parser sees its end, or nowhere: what is a body to one reader and
// something else to another is how requests are smuggled. So whatever ours takes, Node takes, to the same byte; and what
// ours refuses beyond that is in no grammar.

const assert = require('node:assert/strict');
const http = require('node:http');
const { Duplex } = require('node:stream');
const { describe, test } = require('node:test');

const native = require('../../lib/base/native');
const { takeBody } = require('../../lib/upgrades/body-reading');

const HEAD = 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n';

/** What the native half says besides the end. */
const VERDICTS = { '-1': 'more', '-2': 'malformed' };

/** What is in no grammar, and Node takes: an extension with an empty name or value. */
const EMPTY = /;[;=]|=[;\r]/;

/** What our reader makes of some bytes: the data if they begin with a body, and how many are its own. */
function ours(bytes) {
  const body = new native.NativeChunkedBody(1 << 20);
  const end = body.read(bytes);

  return end < 0 ? { verdict: VERDICTS[end] } : { verdict: 'whole', data: String(body.takeData()), end };
}

/** What Node makes of them. */
function nodes(bytes) {
  const socket = new Duplex({ read() {}, write: (chunk, encoding, done) => done() });
  const server = http.createServer();
  let request;
  let verdict = 'more';

  server.on('request', (req) => (request = req.on('error', () => {})));
  server.on('clientError', () => (verdict = 'malformed'));
  http._connectionListener.call(server, socket);
  socket.emit('data', Buffer.concat([Buffer.from(HEAD), bytes]));

  const read = request.complete ? { verdict: 'whole', data: String(takeBody(request)) } : { verdict };

  socket.destroy();
  return read;
}

/** Checks one input. */
function compare(text) {
  const bytes = Buffer.from(text, 'latin1');
  const { end, ...read } = ours(bytes);
  const theirs = nodes(bytes);

  if (read.verdict === 'malformed' && theirs.verdict !== 'malformed') assert.match(text, EMPTY, JSON.stringify(text));
  else assert.deepEqual(read, theirs, JSON.stringify(text));
  if (end > 0) assert.equal(nodes(bytes.subarray(0, end - 1)).verdict, 'more', `${JSON.stringify(text)}, a byte less`);
  return read.verdict;
}

/** Bodies by what stands in them, and whether they are any. */
const BODIES = {
  'a body': ['3\r\nabc\r\n0\r\n\r\n', 'whole'],
  'zeros before a size': ['0000000000000000000003\r\nabc\r\n000000000000000000000\r\n\r\n', 'whole'],
  'an extension': ['3;a\r\nabc\r\n0;b=c;d\r\n\r\n', 'whole'],
  'an extension in quotes': ['3;a="b;c \\"\\\\\xe9"\r\nabc\r\n0\r\n\r\n', 'whole'],
  'a trailer': ['3\r\nabc\r\n0\r\nX: y\r\nZ:\r\n\r\n', 'whole'],
  'a part of a body': ['3\r\nab', 'more'],
  'line feeds only': ['3\nabc\n0\n\n', 'malformed'],
  'a line feed behind the data': ['3\r\nabc\n0\r\n\r\n', 'malformed'],
  'nothing behind the data': ['3\r\nabc0\r\n\r\n', 'malformed'],
  'white space behind a size': ['3 \r\nabc\r\n0\r\n\r\n', 'malformed'],
  'white space behind the last size': ['3\r\nabc\r\n0\t\r\n\r\n', 'malformed'],
  'a semicolon without an extension': ['3;\r\nabc\r\n0\r\n\r\n', 'malformed'],
  'two semicolons': ['3;;\r\nabc\r\n0\r\n\r\n', 'malformed'],
  'white space before a semicolon': ['3 ;a\r\nabc\r\n0\r\n\r\n', 'malformed'],
  'white space behind a semicolon': ['3; a\r\nabc\r\n0\r\n\r\n', 'malformed'],
  'an extension without a name': ['3;=b\r\nabc\r\n0\r\n\r\n', 'malformed'],
  'an extension without its value': ['3;a=\r\nabc\r\n0\r\n\r\n', 'malformed'],
  'a comma in an extension': ['3;a=b,c\r\nabc\r\n0\r\n\r\n', 'malformed'],
  'a NUL in an extension': ['3;a\0\r\nabc\r\n0\r\n\r\n', 'malformed'],
  'a line break in quotes': ['3;a="x\r\n"\r\nabc\r\n0\r\n\r\n', 'malformed'],
  'a carriage return in an extension': ['3;a\rb\r\nabc\r\n0\r\n\r\n', 'malformed'],
  'a line feed in an extension': ['3;a\nb\r\nabc\r\n0\r\n\r\n', 'malformed'],
  'a trailer without a colon': ['0\r\nX y\r\n\r\n', 'malformed'],
  'a trailer without a name': ['0\r\n: y\r\n\r\n', 'malformed'],
  'white space before a colon': ['0\r\nX : y\r\n\r\n', 'malformed'],
  'a trailer that begins with white space': ['0\r\n X: y\r\n\r\n', 'malformed'],
  'a trailer that goes on in the next line': ['0\r\nX: y\r\n z\r\n\r\n', 'malformed'],
  'a NUL in a trailer': ['0\r\nX: a\0b\r\n\r\n', 'malformed'],
  'a carriage return in a trailer': ['0\r\nX: a\rb\r\n\r\n', 'malformed'],
  'a line feed behind a trailer': ['0\r\nX: y\n\r\n', 'malformed'],
  'a length behind it all': ['0\r\nContent-Length: 5\r\n\r\n', 'malformed'],
  'a coding behind it all': ['0\r\ntransfer-encodinG: chunked\r\n\r\n', 'malformed'],
  'no line feed at the end': ['0\r\n\rX', 'malformed']
};

describe('a body in chunks, as Node reads it, with', () => {
  for (const [name, [text, verdict]] of Object.entries(BODIES)) {
    test(name, () => assert.equal(compare(text), verdict));
  }
});

/** What bodies are made of, and what could be taken for it. */
const PIECES = [
  ...['3', '0', '00', 'ffffffff', 'fffffffffffffffff', '+', '-', 'abc', 'x', '\xe9', '\0', '\x7f', '\\', ',', '"'],
  ...[' ', '\t', '\r', '\n', '\r\n', ';', '=', ':', ';a', ';a=b', ';a="b"', ';a="\\"', ';a="b\r\n"', 'X: y', 'X:y\r\n'],
  ...['Content-Length: 5\r\n', '0\r\n\r\n', '3\r\nabc\r\n']
];

/** Numbers below a limit that are the same in each run. */
function numbers(seed) {
  let last = seed;

  return (limit) => {
    last = (Math.imul(last, 1103515245) + 12345) & 0x7fffffff;
    return (last >> 8) % limit;
  };
}

test('whatever is put into a body', () => {
  const below = numbers(20);
  const seen = { whole: 0, malformed: 0, more: 0 };

  for (let i = 0; i < 1500; i++) {
    const odd = Array.from({ length: 1 + below(3) }, () => PIECES[below(PIECES.length)]).join('');

    for (const text of [
      `${odd}3\r\nabc\r\n0\r\n\r\n`,
      `3${odd}\r\nabc\r\n0\r\n\r\n`,
      `3\r\nabc${odd}\r\n0\r\n\r\n`,
      `3\r\nabc\r\n0${odd}\r\n\r\n`,
      `3\r\nabc\r\n0\r\n${odd}\r\n\r\n`
    ]) {
      const verdict = ours(Buffer.from(text, 'latin1')).verdict;

      // Longer than is taken is not looked at further.
      if (verdict !== undefined) seen[compare(text)] += 1;
    }
  }
  assert.ok(
    Object.values(seen).every((count) => count > 100),
    JSON.stringify(seen)
  );
});
