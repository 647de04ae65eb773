'use strict';

// Which WebSocket endpoint does an upgrade request reach? `/chat` and `/live` are served by Upshift; `/echo/upshift` and
// `/echo/ws` answer the storm, each with its own package and the very same handler.

const upshift = require('../..');
const ws = require('ws');

const createChat = require('./chat');
const Gauges = require('./gauges');
const Storm = require('./storm');

/**
 * Adds the endpoints to a server.
 *
 * @param {http.Server} server The server
 * @return {Object} The gauges, the storm, and `close()`
 * @public
 */
function createSockets(server) {
  const gauges = new Gauges();
  const storm = new Storm(server, gauges);
  const endpoints = new Map([
    ['/chat', createChat(gauges)],
    ['/live', createLive(gauges, storm)],
    ['/echo/upshift', createEcho(upshift.WebSocketServer, gauges, 'upshift')],
    ['/echo/ws', createEcho(ws.WebSocketServer, gauges, 'ws')]
  ]);
  gauges.watch([...endpoints.values()]);

  server.on('upgrade', (req, socket, head) => {
    const endpoint = endpoints.get(req.url);
    if (!endpoint) return refuse(socket);
    endpoint.handleUpgrade(req, socket, head, (client) => endpoint.emit('connection', client, req));
  });

  return { gauges, storm, close: () => close(endpoints, gauges, storm) };
}

/**
 * Answers every message with itself.
 *
 * @param {Function} WebSocketServer The package's server class
 * @param {Gauges} gauges Where messages are counted
 * @param {String} name The contender
 * @return {WebSocketServer} The endpoint
 * @private
 */
function createEcho(WebSocketServer, gauges, name) {
  const endpoint = new WebSocketServer({ noServer: true });
  endpoint.on('connection', (client) => {
    client.on('error', () => {});
    client.on('message', (data, isBinary) => {
      gauges.count(name);
      client.send(data, { binary: isBinary });
    });
  });
  return endpoint;
}

/**
 * Sends what is measured to every open page.
 *
 * @param {Gauges} gauges What is measured
 * @param {Storm} storm The comparison
 * @return {WebSocketServer} The endpoint
 * @private
 */
function createLive(gauges, storm) {
  const endpoint = new upshift.WebSocketServer({ noServer: true, maxPayload: 1024 });
  const tell = (type) => (value) => {
    const text = JSON.stringify({ type, value });
    endpoint.clients.forEach((client) => client.send(text));
  };
  gauges.on('sample', (sample) => tell('samples')([sample]));
  storm.on('storm', tell('storm'));
  storm.on('traffic', tell('traffic'));
  endpoint.on('connection', (client) => {
    client.on('error', () => {});
    client.on('close', () => endpoint.clients.size === 0 && storm.quiet());
    storm.wake();
    client.send(JSON.stringify({ type: 'samples', value: gauges.history }));
    client.send(JSON.stringify({ type: 'traffic', value: storm.perSecond }));
    if (storm.last) client.send(JSON.stringify({ type: 'storm', value: storm.last }));
  });
  return endpoint;
}

/**
 * Answers an upgrade for a path nobody serves.
 *
 * @param {net.Socket} socket The connection
 * @private
 */
function refuse(socket) {
  socket.on('error', () => {});
  socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}

/**
 * Says goodbye to everybody; a client that does not answer is cut off after a second.
 *
 * @param {Map} endpoints The endpoints by path
 * @param {Gauges} gauges The gauges
 * @param {Storm} storm The storm
 * @private
 */
function close(endpoints, gauges, storm) {
  gauges.stop();
  storm.stop();
  const clients = [...endpoints.values()].flatMap((endpoint) => [...endpoint.clients]);
  clients.forEach((client) => client.close(1001, 'the demo ends'));
  endpoints.forEach((endpoint) => endpoint.close());
  setTimeout(() => clients.forEach((client) => client.terminate()), 1000).unref();
}

module.exports = createSockets;
