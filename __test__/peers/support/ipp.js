'use strict';

// How is a server asked as CUPS asks a printer, and what does a printer say? IPP in as much as `ipptool` needs it.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');

const run = promisify(execFile);

/** What ipptool asks, and expects. */
const QUESTION = `{
  NAME "Who are you?"
  OPERATION Get-Printer-Attributes
  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR naturalLanguage attributes-natural-language en
  ATTR uri printer-uri $uri
  STATUS successful-ok
  EXPECT printer-name OF-TYPE name WITH-VALUE "upshift"
}
`;

/** An attribute of IPP (RFC 8010, section 3.1.4). */
function attribute(tag, name, value) {
  const length = (text) => Buffer.from([text.length >> 8, text.length & 255]);

  return Buffer.concat([Buffer.from([tag]), length(name), Buffer.from(name), length(value), Buffer.from(value)]);
}

/** The answer to a question about a printer's attributes. */
function answerTo(question) {
  return Buffer.concat([
    Buffer.from([1, 1, 0, 0]),
    question.subarray(4, 8),
    Buffer.from([0x01]),
    attribute(0x47, 'attributes-charset', 'utf-8'),
    attribute(0x48, 'attributes-natural-language', 'en'),
    Buffer.from([0x04]),
    attribute(0x42, 'printer-name', 'upshift'),
    Buffer.from([0x03])
  ]);
}

/** Asks with ipptool. */
async function ask(t, port, ...flags) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'upshift-ipptool-'));
  const file = path.join(folder, 'question.test');

  t.after(() => fs.rmSync(folder, { recursive: true }));
  fs.writeFileSync(file, QUESTION);
  return run('ipptool', [...flags, '-tv', '-T', '10', `ipp://127.0.0.1:${port}/ipp/print`, file], { timeout: 30_000 });
}

module.exports = { answerTo, ask };
