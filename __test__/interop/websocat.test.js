'use strict';

// Does Upshift work with websocat?

const { interop } = require('./support/interop');
const { CLOSE, WebsocatPeer } = require('./support/websocat');

interop('websocat', {
  start: WebsocatPeer.start,
  closes: [[CLOSE.code, CLOSE.reason]],
  cannot: {
    'bare close': 'websocat has to be told a code when it starts',
    'fragments from': 'websocat sends whole messages',
    compressed: 'websocat has no permessage-deflate'
  },
  roles: { client: {}, server: { subprotocol: 'websocat looks at the first subprotocol that is offered only' } }
});
