'use strict';

// Are the values of the handshake's two list headers read as ws reads them, and refused in its words?

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const ws = require('ws');

const { WebSocket } = require('../support/implementation');

const { extension, subprotocol } = WebSocket;

/** What random values are made of. */
const ALPHABET = ['a', 'b', '1', '=', '"', '\\', ';', ',', ' ', '\t', '@', 'é'];

/** @return {String} What a function says about a text: what it returns, or its error */
function verdict(parse, text) {
  try {
    const result = parse(text);

    return JSON.stringify(result instanceof Set ? [...result] : result);
  } catch (err) {
    return `${err.name}: ${err.message}`;
  }
}

/** @return {Generator<String>} Always the same texts */
function* texts(count) {
  let seed = 1;
  const next = (n) => (seed = (seed * 48271) % 0x7fffffff) % n;

  for (let i = 0; i < count; i++) {
    yield Array.from({ length: next(11) }, () => ALPHABET[next(ALPHABET.length)]).join('');
  }
}

describe('extension.parse', () => {
  test('reads extensions with their parameters', () => {
    const value = 'foo; a; b=1; b="2", bar, foo; c="\\3\\4"';

    assert.deepEqual(JSON.parse(JSON.stringify(extension.parse(value))), {
      foo: [{ a: [true], b: ['1', '2'] }, { c: ['34'] }],
      bar: [{}]
    });
  });

  test('is not led astray by names that every object has', () => {
    assert.deepEqual(Object.keys(extension.parse('hasOwnProperty, __proto__; toString')).length, 2);
  });

  for (const [value, message] of [
    ['', 'Unexpected end of input'],
    [' foo', 'Unexpected character at index 0'],
    ['foo ', 'Unexpected end of input'],
    ['foo;', 'Unexpected end of input'],
    ['foo,,bar', 'Unexpected character at index 4'],
    ['foo;a=', 'Unexpected end of input'],
    ['foo;a=""', 'Unexpected character at index 7'],
    ['foo;a="b', 'Unexpected end of input'],
    ['foo;a="b"c', 'Unexpected character at index 9'],
    ['foo;a =b', 'Unexpected character at index 6']
  ]) {
    test(`refuses ${JSON.stringify(value)}`, () => {
      assert.throws(() => extension.parse(value), { name: 'SyntaxError', message });
    });
  }

  test('agrees with ws about 20,000 random values', () => {
    for (const text of texts(20000)) {
      assert.equal(verdict(extension.parse, text), verdict(ws.extension.parse, text), JSON.stringify(text));
    }
  });
});

describe('extension.format', () => {
  test('writes extensions with their parameters', () => {
    assert.equal(extension.format({ foo: {} }), 'foo');
    assert.equal(
      extension.format({ foo: [{ a: true, b: ['1', true] }, {}], bar: { c: 5 } }),
      'foo; a; b=1; b, foo, bar; c=5'
    );
    assert.equal(extension.format({}), '');
  });
});

describe('subprotocol.parse', () => {
  test('reads subprotocols in their order', () => {
    assert.deepEqual([...subprotocol.parse('foo,bar\t, baz')], ['foo', 'bar', 'baz']);
  });

  test('refuses one that comes twice', () => {
    assert.throws(() => subprotocol.parse('foo, bar, foo'), {
      name: 'SyntaxError',
      message: 'The "foo" subprotocol is duplicated'
    });
  });

  test('agrees with ws about 20,000 random values', () => {
    for (const text of texts(20000)) {
      assert.equal(verdict(subprotocol.parse, text), verdict(ws.subprotocol.parse, text), JSON.stringify(text));
    }
  });
});
