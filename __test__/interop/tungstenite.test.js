'use strict';

// Does Upshift work with Rust's tokio-tungstenite?

const { TUNGSTENITE } = require('../../scripts/peer-programs');
const { interop } = require('./support/interop');
const { ChildPeer } = require('./support/peer');

interop('tungstenite', {
  start: () => ChildPeer.start(TUNGSTENITE),
  cannot: { compressed: 'tungstenite has no permessage-deflate' }
});
