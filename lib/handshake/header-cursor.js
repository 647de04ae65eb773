'use strict';

// How is a header value read that is a list of tokens? From left to right, a token at a time; what does not belong there
// is an error that says where it stands, in the words of ws.

/** RFC 9110 section 5.6.2. */
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const BLANKS = /[ \t]+/y;

/**
 * A position in a header value.
 */
class HeaderCursor {
  /**
   * Create a cursor.
   *
   * @param {String} text The header value
   */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /**
   * Whether all was read.
   *
   * @type {Boolean}
   */
  get isAtEnd() {
    return this.at >= this.text.length;
  }

  /**
   * Takes a character, if it is the next one.
   *
   * @param {String} character The character
   * @return {Boolean} `true` if it was
   * @private
   */
  accept(character) {
    if (this.text[this.at] !== character) return false;

    this.at++;
    return true;
  }

  /**
   * Takes what matches.
   *
   * @param {RegExp} pattern A sticky pattern
   * @return {String} What has matched, empty when nothing has
   * @private
   */
  match(pattern) {
    pattern.lastIndex = this.at;

    const found = pattern.exec(this.text);

    if (found === null) return '';

    this.at += found[0].length;
    return found[0];
  }

  /**
   * Takes blanks.
   *
   * @return {Boolean} Whether there were any
   * @private
   */
  blanks() {
    return this.match(BLANKS) !== '';
  }

  /**
   * Takes a token.
   *
   * @return {String} The token
   * @throws {SyntaxError} If there is none
   * @private
   */
  token() {
    return this.match(TOKEN) || this.fail();
  }

  /**
   * Goes on behind an element: to the next one, or the end. Blanks may stand before a delimiter, not at the end.
   *
   * @param {String} delimiters The characters that may follow
   * @return {String} The one that did, empty at the end
   * @throws {SyntaxError} If something else follows
   * @private
   */
  next(delimiters) {
    const hadBlanks = this.blanks();

    if (this.isAtEnd && !hadBlanks) return '';

    const delimiter = this.text[this.at];

    if (this.isAtEnd || !delimiters.includes(delimiter)) this.fail();

    this.at++;
    this.blanks();
    return delimiter;
  }

  /**
   * Refuses what stands here.
   *
   * @throws {SyntaxError} Always
   * @private
   */
  fail() {
    throw new SyntaxError(this.isAtEnd ? 'Unexpected end of input' : `Unexpected character at index ${this.at}`);
  }
}

module.exports = { HeaderCursor };
