'use strict';

// A chat room: what one says, all hear; newcomers get the last lines.

const { WebSocketServer } = require('../..');

const REMEMBERED = 30;
const MAX_NAME = 24;
const MAX_TEXT = 400;

/**
 * @param {Gauges} gauges Where messages are counted
 * @return {WebSocketServer} The endpoint
 * @public
 */
function createChat(gauges) {
  const endpoint = new WebSocketServer({ noServer: true, maxPayload: 4096 });
  const lines = [];
  const tellAll = (value) => {
    const text = JSON.stringify(value);
    endpoint.clients.forEach((client) => client.send(text));
  };
  const tellPresence = () => tellAll({ type: 'present', count: endpoint.clients.size });

  endpoint.on('connection', (client) => {
    client.on('error', () => {});
    client.on('close', tellPresence);
    client.on('message', (data) => {
      gauges.count('chat');
      const line = parseLine(data);
      if (!line) return;
      lines.push(line);
      if (lines.length > REMEMBERED) lines.shift();
      tellAll({ type: 'line', line });
    });
    client.send(JSON.stringify({ type: 'history', lines }));
    tellPresence();
  });
  return endpoint;
}

/**
 * Reads what a page sent; anything but a name and a text is ignored.
 *
 * @param {Buffer} data The message
 * @return {Object|undefined} The line
 * @private
 */
function parseLine(data) {
  let said;
  try {
    said = JSON.parse(data);
  } catch {
    return undefined;
  }
  const name = String(said?.name ?? '')
    .trim()
    .slice(0, MAX_NAME);
  const text = String(said?.text ?? '')
    .trim()
    .slice(0, MAX_TEXT);
  return text ? { name: name || 'somebody', text, at: Date.now() } : undefined;
}

module.exports = createChat;
