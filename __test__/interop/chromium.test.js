'use strict';

// Does Upshift work with Chromium?

const { interop } = require('./support/interop');
const { PagePeer } = require('./support/page');

const NO_FRAGMENTS = "a browser's WebSocket sends whole messages";
const NO_PINGS = "a browser's WebSocket has no pings to send";

interop('Chromium', {
  start: PagePeer.start,
  roles: { client: { 'fragments from': NO_FRAGMENTS, 'ping from': NO_PINGS } }
});
