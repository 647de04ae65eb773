// The WebSocket that Node has had since version 22, as a peer.

import readline from 'node:readline';

import { standardPeer } from './standard.mjs';

const emit = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const commands = standardPeer(emit);

readline
  .createInterface({ input: process.stdin })
  .on('line', (line) => {
    const command = JSON.parse(line);

    commands[command.do](command);
  })
  .on('close', () => process.exit());

emit({ event: 'ready', version: `Node ${process.versions.node} (undici ${process.versions.undici})` });
