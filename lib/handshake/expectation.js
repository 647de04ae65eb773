'use strict';

// Does a client expect to be told to go on before it gets its answer? "If a server receives both an Upgrade and an Expect
// header field with the '100-continue' expectation, the server MUST send a 100 (Continue) response before sending a 101"
// (RFC 9110 section 7.8), also where there is no body to go on with.

/** What it is told. */
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

/** A list with that member. */
const EXPECTS = /(?:^|,)[ \t]*100-continue[ \t]*(?:,|$)/i;

/**
 * Tells whether a client expects it.
 *
 * @param {http.IncomingMessage} req The request
 * @return {Boolean} `true` if so
 * @private
 */
function expectsContinue({ headers: { expect } }) {
  return expect !== undefined && EXPECTS.test(expect);
}

/**
 * Puts it before the head of a 101.
 *
 * @param {Boolean} isExpected Whether the client expects it
 * @param {String[]} lines The head
 * @return {String[]} Both
 * @private
 */
function continueBefore(isExpected, lines) {
  return isExpected ? [CONTINUE.trimEnd(), '', ...lines] : lines;
}

module.exports = { CONTINUE, continueBefore, expectsContinue };
