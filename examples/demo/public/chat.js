// What do people say? One room; every open page hears every line.

import { keepOpen } from './socket.js';

const NAMES = ['Ada', 'Edsger', 'Grace', 'Barbara', 'Alan', 'Radia', 'Ken', 'Frances', 'Niklaus', 'Margaret'];

const byId = (id) => document.getElementById(id);

/** Opens the room. */
export function startChat() {
  const [name, text, lines] = [byId('name'), byId('text'), byId('lines')];
  name.value = NAMES[Math.floor(Math.random() * NAMES.length)];

  const add = (line) => {
    lines.querySelector('.empty')?.remove();
    lines.append(listItem(line));
    lines.scrollTop = lines.scrollHeight;
  };
  const shows = {
    history({ lines: earlier }) {
      lines.replaceChildren();
      if (earlier.length === 0) lines.append(emptyItem());
      earlier.forEach(add);
    },
    line: ({ line }) => add(line),
    present: ({ count }) => (byId('present').textContent = count === 1 ? 'only you' : `${count} here`)
  };

  const say = keepOpen('chat', {
    message: (value) => shows[value.type](value),
    state: (state) => state === 'closed' && (byId('present').textContent = 'not connected')
  });
  byId('chat-form').addEventListener('submit', (event) => {
    event.preventDefault();
    if (text.value.trim() && say({ name: name.value, text: text.value })) text.value = '';
    text.focus();
  });
}

/**
 * @param {Object} line Who said what when
 * @return {HTMLLIElement} Its entry; nothing in it is markup
 */
function listItem({ name, text, at }) {
  const item = document.createElement('li');
  const who = document.createElement('b');
  const when = document.createElement('time');
  who.textContent = name;
  when.textContent = new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  when.dateTime = new Date(at).toISOString();
  item.append(when, who, text);
  return item;
}

/**
 * @return {HTMLLIElement} What an empty room says
 */
function emptyItem() {
  const item = document.createElement('li');
  item.className = 'empty';
  item.textContent = 'Nobody has said anything yet.';
  return item;
}
