'use strict';

// What persons have paused. page.js calls these functions, and has the helpers that they use.

const WORK = { full: 'full', differential: 'differential', log: 'log', drill: 'drills', verification: 'verifications' };

let pausesShown = '';
let pausing = null;

/** The pauses that are in force, each with its end, its reason and a button that ends it. */
function drawPauses() {
  const said = JSON.stringify([Boolean(token), state.pauses]);
  if (said === pausesShown) {
    document.querySelectorAll('#paused time').forEach(one => { one.textContent = ago(one.dateTime); });
    return;
  }
  pausesShown = said;
  const focused = document.activeElement.dataset.resume;
  document.getElementById('paused-section').hidden = state.pauses.length === 0;
  document.getElementById('paused').replaceChildren(...state.pauses.map(pause => {
    const scope = pause.databases ? pause.databases.join(', ') : pause.policy ? 'policy ' + pause.policy : 'every database';
    const types = pause.types.length === 0 ? 'everything that a schedule starts' : pause.types.map(type => WORK[type]).join(', ');
    const item = make('li', {}, make('h3', {}, scope),
      make('p', {}, types + ', ends ', time(pause.until), pause.reason ? ': ' + pause.reason : ''));
    if (token) {
      item.append(make('button', { type: 'button', 'data-resume': pause.id, on: event => resume(event.currentTarget, pause.id) },
        'Resume', make('span', { class: 'hidden' }, ' ' + scope)));
    }
    return item;
  }));
  const same = focused && document.querySelector('[data-resume="' + focused + '"]');
  if (same) {
    same.focus(); // drawn anew, and the keyboard was there
  }
}

async function resume(button, id) {
  if (await pressed(button, () => sent('DELETE', '/api/v1/pauses/' + id, null, trouble))) {
    await look();
    document.getElementById(state.pauses.length > 0 ? 'paused-title' : 'databases').focus();
  }
}

const pauseButtons = new Map();

/** The button of a database, always the same one, so that it keeps the keyboard; null for a person who may only look. */
function pauseButton(name) {
  if (!token) {
    return null;
  }
  if (!pauseButtons.has(name)) {
    pauseButtons.set(name, make('button', { type: 'button', 'data-pause': name, on: () => choosePause(name) },
      'Pause', make('span', { class: 'hidden' }, ' ' + name), ' …'));
  }
  return pauseButtons.get(name);
}

function choosePause(name) {
  pausing = name;
  document.getElementById('pause').hidden = false;
  document.getElementById('pause-title').textContent = 'Pause ' + name;
  document.getElementById('pause-trouble').textContent = '';
  document.getElementById('pause-title').focus();
}

/** What the service answers when it has done it, and null when it has not: then what it says goes to `tell`. */
async function sent(method, path, body, tell) {
  try {
    const headers = { ...(token ? { Authorization: 'Bearer ' + token } : {}), ...(body ? { 'Content-Type': 'application/json' } : {}) };
    const answer = await fetch(path, { method, headers, body: body ? JSON.stringify(body) : null });
    const said = await answer.json();
    if (!answer.ok) {
      tell(said.detail);
    }
    return answer.ok ? said : null;
  } catch {
    tell('The service does not answer.');
    return null;
  }
}

/** Keeps a button from being pressed twice. A disabled button loses the keyboard, so it gets it back when the request was refused. */
async function pressed(button, request) {
  button.disabled = true;
  const said = await request();
  if (!said) {
    button.disabled = false;
    if ([document.body, button].includes(document.activeElement)) {
      button.focus();
    }
  }
  return said;
}

function closePause() {
  document.getElementById('pause').hidden = true;
  const button = pauseButtons.get(pausing);
  if (button) {
    button.focus();
  }
}

document.getElementById('pause-close').addEventListener('click', closePause);
document.getElementById('pause-start').addEventListener('click', async () => {
  const reason = document.getElementById('pause-reason').value.trim();
  const body = { databases: [pausing], lasting: document.getElementById('pause-for').value, ...(reason ? { reason } : {}) };
  const tell = text => { document.getElementById('pause-trouble').textContent = text; };
  if (await sent('POST', '/api/v1/pauses', body, tell)) {
    document.getElementById('pause-reason').value = '';
    closePause();
    look();
  }
});
