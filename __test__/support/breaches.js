'use strict';

// Which frames must a server refuse? Those that RFC 6455 calls malformed, each with what the application and the peer are
// told about it.

const { encode, encodeClose } = require('./frames');

const PREFIX = 'Invalid WebSocket frame: ';
const PART = { fin: false };

/** Sequences that are not UTF-8, by what is wrong with them, and how many of their bytes it takes to know (RFC 3629). */
const BAD_TEXT = {
  'a lone continuation byte': [[0x80], 1],
  'a byte that never occurs': [[0xff], 1],
  'an overlong slash': [[0xc0, 0xaf], 1],
  'an overlong character of three bytes': [[0xe0, 0x80, 0xaf], 2],
  'an overlong character of four bytes': [[0xf0, 0x80, 0x80, 0xaf], 2],
  'a surrogate': [[0xed, 0xa0, 0x80], 2],
  'a character above U+10FFFF': [[0xf4, 0x90, 0x80, 0x80], 2],
  'a character of five bytes': [[0xf8, 0x88, 0x80, 0x80, 0x80], 1],
  'a character cut off by ASCII': [[0xe2, 0x82, 0x41], 3]
};

/** Close codes that must not be on the wire (sections 7.4.1 and 7.4.2). */
const BAD_CLOSE_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 65535];

/** Opcodes that mean nothing (section 5.2). */
const BAD_OPCODES = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];

/**
 * @param {(Buffer|Buffer[])} bytes What the peer sends
 * @param {String} code The code of the error
 * @param {String} message Its message
 * @param {Number} [closeCode=1002] The status code of our close frame
 * @param {Object} [more] `options` of the server, `type` of the error, `isOurs`: ws lets it pass
 * @return {Object} The breach
 */
function breach(bytes, code, message, closeCode = 1002, { options = {}, type = 'RangeError', isOurs = false } = {}) {
  return { bytes: Buffer.concat([bytes].flat()), code, message, closeCode, options, type, isOurs };
}

/** A frame that breaks section 5.2, 5.4 or 5.5. */
const frame = (bytes, code, message) => breach(bytes, `WS_ERR_${code}`, PREFIX + message);
/** A length that needed fewer bytes. */
const padded = (bytes) =>
  breach(bytes, 'WS_ERR_NON_MINIMAL_PAYLOAD_LENGTH', `${PREFIX}payload length must be minimally encoded`, 1002, {
    isOurs: true
  });
/** A length that nobody can have. */
const endless = (bytes) =>
  breach(
    bytes,
    'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
    'Unsupported WebSocket frame: payload length > 2^53 - 1',
    1009
  );
/** Text that is not UTF-8 (section 8.1). */
const garbled = (bytes) =>
  breach(bytes, 'WS_ERR_INVALID_UTF8', `${PREFIX}invalid UTF-8 sequence`, 1007, { type: 'Error' });
/** More than the server allows. */
const excessive = (bytes, options) =>
  breach(bytes, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'Max payload size exceeded', 1009, { options });

const BREACHES = {
  'RSV1 without an extension': frame(encode(1, 'x', { rsv: 4 }), 'UNEXPECTED_RSV_1', 'RSV1 must be clear'),
  'RSV1 in a continuation': frame(
    [encode(1, 'a', PART), encode(0, 'b', { rsv: 4 })],
    'UNEXPECTED_RSV_1',
    'RSV1 must be clear'
  ),
  'RSV1 in a ping': frame(encode(9, 'x', { rsv: 4 }), 'UNEXPECTED_RSV_1', 'RSV1 must be clear'),
  'RSV1 in a close frame': frame(encode(8, '', { rsv: 4 }), 'UNEXPECTED_RSV_1', 'RSV1 must be clear'),
  RSV2: frame(encode(1, 'x', { rsv: 2 }), 'UNEXPECTED_RSV_2_3', 'RSV2 and RSV3 must be clear'),
  RSV3: frame(encode(2, 'x', { rsv: 1 }), 'UNEXPECTED_RSV_2_3', 'RSV2 and RSV3 must be clear'),
  'all reserved bits': frame(encode(10, 'x', { rsv: 7 }), 'UNEXPECTED_RSV_2_3', 'RSV2 and RSV3 must be clear'),
  'an unmasked frame': frame(encode(1, 'x', { mask: false }), 'EXPECTED_MASK', 'MASK must be set'),
  'an unmasked empty frame': frame(encode(2, '', { mask: false }), 'EXPECTED_MASK', 'MASK must be set'),
  'an unmasked ping': frame(encode(9, 'x', { mask: false }), 'EXPECTED_MASK', 'MASK must be set'),
  'an unmasked close frame': frame(encode(8, '', { mask: false }), 'EXPECTED_MASK', 'MASK must be set'),
  'an unmasked continuation': frame(
    [encode(2, 'a', PART), encode(0, 'b', { mask: false })],
    'EXPECTED_MASK',
    'MASK must be set'
  ),
  'a continuation of nothing': frame(encode(0, 'x'), 'INVALID_OPCODE', 'invalid opcode 0'),
  'an unfinished continuation of nothing': frame(encode(0, 'x', PART), 'INVALID_OPCODE', 'invalid opcode 0'),
  'a continuation after the end': frame(
    [encode(1, 'a', PART), encode(0, ''), encode(0, 'c')],
    'INVALID_OPCODE',
    'invalid opcode 0'
  ),
  'text inside a fragmented message': frame(
    [encode(1, 'a', PART), encode(1, 'b')],
    'INVALID_OPCODE',
    'invalid opcode 1'
  ),
  'binary inside a fragmented message': frame(
    [encode(1, 'a', PART), encode(2, 'b', PART)],
    'INVALID_OPCODE',
    'invalid opcode 2'
  ),
  'a fragmented ping': frame(encode(9, 'x', PART), 'EXPECTED_FIN', 'FIN must be set'),
  'a fragmented pong': frame(encode(10, '', PART), 'EXPECTED_FIN', 'FIN must be set'),
  'a fragmented close frame': frame(encode(8, '', PART), 'EXPECTED_FIN', 'FIN must be set'),
  'a ping of 126 bytes': frame(
    encode(9, 'x'.repeat(126)),
    'INVALID_CONTROL_PAYLOAD_LENGTH',
    'invalid payload length 126'
  ),
  'a pong of 70000 bytes': frame(
    encode(10, 'x'.repeat(70000)),
    'INVALID_CONTROL_PAYLOAD_LENGTH',
    'invalid payload length 127'
  ),
  'a close frame of 126 bytes': frame(
    encodeClose(1000, 'x'.repeat(124)),
    'INVALID_CONTROL_PAYLOAD_LENGTH',
    'invalid payload length 126'
  ),
  'a close frame of one byte': frame(encode(8, 'x'), 'INVALID_CONTROL_PAYLOAD_LENGTH', 'invalid payload length 1'),
  'a ping whose length has 16 bits': frame(
    encode(9, 'x', { form: 16 }),
    'INVALID_CONTROL_PAYLOAD_LENGTH',
    'invalid payload length 126'
  ),
  'a length of 0 in 16 bits': padded(encode(2, '', { form: 16 })),
  'a length of 125 in 16 bits': padded(encode(2, 'x'.repeat(125), { form: 16 })),
  'a length of 125 in 64 bits': padded(encode(1, 'x'.repeat(125), { form: 64 })),
  'a length of 65535 in 64 bits': padded(encode(2, 'x'.repeat(65535), { form: 64 })),
  'a padded length in a continuation': padded([encode(1, 'a', PART), encode(0, 'b', { form: 16 })]),
  'a length of 2^53': endless(Buffer.from([0x82, 0xff, 0, 0x20, 0, 0, 0, 0, 0, 0])),
  'a length with the topmost bit': endless(Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1])),
  'a length of nothing but ones': endless(Buffer.from([0x81, 0xff, ...Array(8).fill(0xff)])),
  'a character cut off by the end of the message': garbled(encode(1, Buffer.from([0xe2, 0x82]))),
  'a character cut off by the end of the last fragment': garbled([
    encode(1, Buffer.from([0xf0, 0x9f]), PART),
    encode(0, Buffer.from([0x98]))
  ]),
  'a close reason that is not UTF-8': garbled(encode(8, Buffer.from([0x03, 0xe8, 0xce, 0xba, 0xff]))),
  'a close reason cut off inside a character': garbled(encode(8, Buffer.from([0x03, 0xe8, 0xe2, 0x82]))),
  'a frame above maxPayload': excessive(encode(2, 'x'.repeat(21)), { maxPayload: 20 }),
  'a message above maxPayload': excessive(
    [encode(2, 'x'.repeat(20), PART), encode(9, 'y'.repeat(50)), encode(0, 'x')],
    { maxPayload: 20 }
  ),
  'a header that announces 100 MiB and a byte': excessive(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 6, 0x40, 0, 1]), {}),
  'a header that announces 2^53 - 1 bytes': excessive(
    Buffer.from([0x82, 0xff, 0, 0x1f, 255, 255, 255, 255, 255, 255]),
    {}
  ),
  'more fragments than maxFragments': breach(
    [encode(1, 'a', PART), encode(0, 'b', PART), encode(0, 'c', PART), encode(0, 'd')],
    'WS_ERR_TOO_MANY_BUFFERED_PARTS',
    'Too many message fragments',
    1008,
    { options: { maxFragments: 3 } }
  ),
  'more empty fragments than maxFragments': breach(
    [encode(1, '', PART), ...Array(4).fill(encode(0, '', PART))],
    'WS_ERR_TOO_MANY_BUFFERED_PARTS',
    'Too many message fragments',
    1008,
    { options: { maxFragments: 3 } }
  )
};

for (const opcode of BAD_OPCODES) {
  BREACHES[`the reserved opcode ${opcode}`] = frame(encode(opcode, 'x'), 'INVALID_OPCODE', `invalid opcode ${opcode}`);
}

for (const code of BAD_CLOSE_CODES) {
  BREACHES[`a close frame with ${code}`] = frame(
    encodeClose(code),
    'INVALID_CLOSE_CODE',
    `invalid status code ${code}`
  );
}

for (const [name, [sequence]] of Object.entries(BAD_TEXT)) {
  BREACHES[`text with ${name}`] = garbled(encode(1, Buffer.from([0x61, ...sequence])));
}

module.exports = { BAD_TEXT, BREACHES };
