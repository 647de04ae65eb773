'use strict';

// What does plain HTTP serve beside the WebSockets? The page, and a few ordinary routes.

const path = require('path');

const express = require('express');

const machine = require('./machine');

/**
 * @param {Object} sockets The WebSocket endpoints, for the routes that act on them
 * @return {express.Express} The app
 * @public
 */
function createApp(sockets) {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.static(path.join(__dirname, 'public')));

  app.get('/api/about', (req, res) => {
    res.json({ ...machine(), shapes: sockets.storm.shapes, connections: sockets.gauges.connections() });
  });

  app.post('/api/storm', express.json(), (req, res) => {
    const shape = sockets.storm.shapes.find((known) => known.name === req.body?.shape);
    if (!shape) return res.status(400).json({ error: 'no such storm' });
    if (!sockets.storm.start(shape)) return res.status(409).json({ error: 'a storm is under way' });
    res.status(202).json({ shape });
  });

  app.post('/api/traffic', express.json(), (req, res) => {
    const perSecond = Math.min(Math.max(Number(req.body?.perSecond) || 0, 0), 20000);
    sockets.storm.traffic(perSecond);
    res.status(202).json({ perSecond });
  });

  return app;
}

module.exports = createApp;
