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

/** Who drives the engine's connections, in words. */
const DRIVERS = { loop: ', driven by the JS loop', thread: ', driven by a thread' };

/**
 * @param {Object[]} samples The latest measurements
 */
function showSamples(samples) {
  samples.forEach(showSample);
  document.getElementById('driver').textContent = DRIVERS[samples.at(-1)?.driver] ?? '';
}

const shows = {
  samples: showSamples,
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
