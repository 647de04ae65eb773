'use strict';

// How does an Express app get WebSockets? As further routes: the same paths, the same middleware. An upgrade passes through
// the app like any request, so whoever is not logged in gets the same 401 there.
//
//     curl -c cookies -d name=Ali -d password=sesame http://127.0.0.1:PORT/login
//     curl -b cookies -d text=hello http://127.0.0.1:PORT/news        heard by all who have ws://127.0.0.1:PORT/news open

const crypto = require('node:crypto');

const express = require('express');
const upgrades = require('upshift/use/express');

const MOST_SESSIONS = 10_000;

/** In an application: a package for sessions and hashed passwords in a database. */
const sessions = new Map();
const passwords = new Map([['Ali', 'sesame']]);

const app = upgrades(express(), { closeTimeout: 2000, maxPayload: 4096, maxBackpressure: 256 * 1024 });

/**
 * Middleware for requests and upgrades alike.
 *
 * @param {express.Request} req The request; it gets a `user`
 * @param {express.Response} res Its response, which reaches the client of an upgrade, too
 * @param {Function} next Goes on
 * @private
 */
function requireUser(req, res, next) {
  const [, id] = /(?:^|; *)session=([\w-]+)/.exec(req.headers.cookie ?? '') ?? [];
  req.user = sessions.get(id);
  if (req.user === undefined) res.status(401).json({ error: 'Log in first' });
  else next();
}

app.use(express.urlencoded({ extended: false, limit: '4kb' }));

app.post('/login', (req, res) => {
  const { name, password } = req.body ?? {};
  if (!passwords.has(name) || passwords.get(name) !== password) return res.status(401).json({ error: 'Wrong' });
  // The oldest goes; a Map keeps the order in which they came.
  if (sessions.size >= MOST_SESSIONS) sessions.delete(sessions.keys().next().value);
  const id = crypto.randomBytes(16).toString('base64url');
  sessions.set(id, { name });
  // Lax keeps the pages of other sites from opening our WebSockets in the name of our users. `secure` behind https.
  res.cookie('session', id, { httpOnly: true, sameSite: 'lax' }).json({ name });
});

app.post('/news', requireUser, (req, res) => {
  const { text } = req.body ?? {};
  if (typeof text !== 'string' || text === '') return res.status(400).json({ error: 'No text' });
  const news = JSON.stringify({ from: req.user.name, text });
  for (const ws of app.websockets.clients) ws.send(news);
  res.json({ readers: app.websockets.clients.size });
});

// Errors of a connection need no listener of ours here: they end it, and nothing else.
app.upgrade('/news', requireUser, (ws, req) => {
  ws.send(JSON.stringify({ hello: req.user.name }));
  ws.on('message', () => ws.close(1008, 'News are only read here'));
});

const server = app.listen(process.env.PORT ?? 0, '127.0.0.1', (err) => {
  if (err) throw err;
  console.log(`http://127.0.0.1:${server.address().port}/ (Ctrl-C ends it)`);
});

process.once('SIGINT', () => {
  server.close();
  // The WebSockets are told 1001; else the server would wait for them.
  app.websockets.close();
});
