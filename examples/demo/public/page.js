// Which parts does the page have, and what connects them to the server?

import { startChat } from './chat.js';
import { startGauges } from './gauges.js';
import { keepOpen } from './socket.js';
import { startStorm } from './storm.js';

const about = await (await fetch('api/about')).json();
document.getElementById('machine').textContent =
  `Node ${about.node.slice(1)} · ${about.cores} cores · ${about.cpu.replace(/\((R|TM)\)/g, '')}`;

const status = document.getElementById('status');
const traffic = document.getElementById('traffic');
const showSample = startGauges(document.getElementById('gauges'));
const showStorm = startStorm(about.shapes);

const shows = {
  samples: (samples) => samples.forEach(showSample),
  storm: showStorm,
  traffic: (perSecond) => (traffic.value = perSecond)
};

traffic.addEventListener('change', () => {
  const body = JSON.stringify({ perSecond: Number(traffic.value) });
  fetch('api/traffic', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
});

keepOpen('live', {
  message: ({ type, value }) => shows[type](value),
  state: (state) => {
    status.dataset.state = state;
    status.textContent = state === 'open' ? 'connected' : 'not connected';
  }
});

startChat();
