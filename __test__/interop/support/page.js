'use strict';

// How is the WebSocket of a browser driven? A page on loopback does what a child process does otherwise.

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { once } = require('node:events');

const { chromium } = require('playwright-core');

const { CHROMIUM, CHROMIUM_FLAGS } = require('../../../scripts/peer-programs');
const { Peer } = require('./peer');

const FILES = {
  '/': ['page.html', 'text/html'],
  '/standard.mjs': ['standard.mjs', 'text/javascript']
};

/**
 * Serves the page.
 *
 * @return {Promise<http.Server>} The server
 * @private
 */
async function servePage() {
  const server = http.createServer(({ url }, res) => {
    const [name, type] = FILES[url] ?? [];

    if (name === undefined) res.writeHead(404).end();
    else res.setHeader('Content-Type', type).end(fs.readFileSync(path.join(__dirname, '../peers', name)));
  });

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/**
 * A page in Chromium.
 */
class PagePeer extends Peer {
  /**
   * Opens it.
   *
   * @return {Promise<PagePeer>} The page, ready
   */
  static async start() {
    const peer = new PagePeer();

    peer.server = await servePage();
    peer.browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
    peer.version = `Chromium ${peer.browser.version()}`;
    peer.page = await peer.browser.newPage();
    peer.page.on('pageerror', (err) => peer.fail(`the page: ${err.message}`));
    await peer.page.exposeFunction('emit', (event) => peer.read(event));
    await peer.page.goto(`http://127.0.0.1:${peer.server.address().port}/`);
    await peer.page.waitForFunction(() => window.commands !== undefined);
    return peer;
  }

  /**
   * @param {Object} command The command
   */
  write(command) {
    this.page
      .evaluate((received) => window.commands[received.do](received), command)
      .catch((err) => this.fail(`the page: ${err.message}`));
  }

  /**
   * Closes it.
   *
   * @return {Promise<void>}
   */
  async stop() {
    await this.browser.close();
    this.server.close();
  }
}

module.exports = { PagePeer };
