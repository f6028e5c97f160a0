'use strict';

// What persons have held. page.js calls these functions, and has the helpers that they use.

const HOLDS_EVERY = 60000;

let holds = { holds: [], unreadable: [] };
let holdsAsked = -HOLDS_EVERY;
let holdsShown = '';
let holding = null;

/** Holds are asked for when something has changed, and not more often than once a minute: the service looks into the bucket for them. */
async function lookHolds() {
  if (performance.now() - holdsAsked < HOLDS_EVERY) {
    return;
  }
  holdsAsked = performance.now();
  let told = '';
  try {
    const answer = await ask('/api/v1/holds');
    const found = await answer.json();
    if (answer.ok) {
      holds = found;
      told = holds.unreadable.length === 0 ? ''
        : 'A hold cannot be read: ' + holds.unreadable[0] + (holds.unreadable.length > 1 ? ' (and more)' : '');
    } else {
      told = 'Holds cannot be read: ' + found.detail;
    }
  } catch {
    told = 'Holds cannot be read: the service does not answer.';
  }
  drawHolds(told);
  drawRows();
}

/** At once, because this page has changed something. */
function lookHoldsNow() {
  holdsAsked = -HOLDS_EVERY;
  return lookHolds();
}

const heldOf = name => holds.holds.filter(hold => hold.database === name);

/** In a row: how many backups of the database are held, and the way to them. */
function heldItem(name) {
  const held = heldOf(name).length;
  return held === 0 ? null : make('li', {}, make('a', { href: '#held-title' }, held === 1 ? '1 backup is held' : held + ' backups are held'));
}

/** The holds, each with its backup, its end, its reason and a button that releases it. */
function drawHolds(told) {
  $('held-trouble').hidden = told === '';
  $('held-trouble').textContent = told;
  $('held-section').hidden = told === '' && holds.holds.length === 0;
  const said = JSON.stringify([Boolean(token), holds]);
  if (said === holdsShown) {
    document.querySelectorAll('#held time').forEach(one => { one.textContent = ago(one.dateTime); });
    return;
  }
  holdsShown = said;
  $('held').replaceChildren(...holds.holds.map(held));
}

function held(hold) {
  const what = (hold.type ? TYPES[hold.type] + ' backup' : 'backup') + ' of ' + hold.database;
  const others = hold.keeps - 1;
  const item = make('li', {},
    make('h3', {}, what, hold.startedAt ? ', ' : null, hold.startedAt ? time(hold.startedAt) : null),
    make('p', {}, 'held ', time(hold.heldAt), hold.until ? ', ends ' : ', until a person releases it',
      hold.until ? time(hold.until) : null, hold.legalHold ? ', with legal hold' : '', hold.reason ? ': ' + hold.reason : ''),
    make('p', { class: 'quiet' }, make('code', {}, hold.backup),
      others === 0 ? '' : others === 1 ? ', with 1 backup that it needs' : ', with ' + others + ' backups that it needs',
      hold.type ? '' : '; it has no entry in the catalog'));
  if (token) {
    item.append(make('button', { type: 'button', 'data-release': hold.backup, on: event => release(event.currentTarget, hold, what) },
      'Release', make('span', { class: 'hidden' }, ' ' + what + ' ' + hold.backup)));
  }
  return item;
}

async function release(button, hold, what) {
  if (!confirm('Release the ' + what + ' (' + hold.backup + ')? From then on the policies may remove it.')) {
    return;
  }
  if (await pressed(button, () => sent('DELETE', '/api/v1/holds/' + hold.backup, null, trouble))) {
    await lookHoldsNow();
    $(holds.holds.length > 0 ? 'held-title' : 'databases').focus();
  }
}

// ---- a hold that is placed ----

const holdButtons = new Map();

/** The button of a database, always the same one, so that it keeps the keyboard; null for a person who may only look. */
function holdButton(name) {
  if (!token) {
    return null;
  }
  if (!holdButtons.has(name)) {
    holdButtons.set(name, make('button', { type: 'button', 'data-hold': name, on: () => chooseHold(name) },
      'Hold', make('span', { class: 'hidden' }, ' a backup of ' + name), ' …'));
  }
  return holdButtons.get(name);
}

async function chooseHold(name) {
  holding = name;
  $('hold').hidden = false;
  $('hold-title').textContent = 'Hold a backup of ' + name;
  $('hold-trouble').textContent = 'Looking for its backups …';
  $('hold-backup').replaceChildren();
  $('hold-start').disabled = true;
  $('hold-until').value = '';
  $('hold-reason').value = '';
  $('hold-lock').checked = false;
  $('hold-title').focus();
  let told;
  try {
    const answer = await ask('/api/v1/backups?' + new URLSearchParams({ database: name }));
    const found = await answer.json();
    if (holding !== name) {
      return;
    }
    told = answer.ok ? offer(found) : found.detail;
  } catch {
    told = 'The service does not answer.';
  }
  $('hold-trouble').textContent = told;
}

/** Fills the choice of backups; what there is to say about it otherwise. */
function offer(found) {
  const already = new Set(holds.holds.map(hold => hold.backup));
  $('hold-backup').replaceChildren(...found.backups.map(backup => make('option', { value: backup.id },
    TYPES[backup.type] + ', ' + backup.startedAt.slice(0, 16).replace('T', ' ') + ' UTC, ' + size(backup.bytes)
      + (backup.verdict === 'GOOD' ? '' : ', unconfirmed') + (already.has(backup.id) ? ', held' : ''))));
  $('hold-start').disabled = found.backups.length === 0;
  return found.backups.length === 0 ? 'It has no backup in the bucket.'
    : found.total > found.backups.length
      ? 'These are the newest ' + found.backups.length + ' of ' + found.total + '; the command `sluice hold` takes each of them.' : '';
}

function closeHold() {
  $('hold').hidden = true;
  const button = holdButtons.get(holding);
  if (button) {
    button.focus();
  }
}

/** What a person must know although the backup is held; empty for nothing. */
function reservations(placed) {
  return [
    placed.unreachable ? 'It is held alone, because it cannot be restored from what is in the bucket: ' + placed.unreachable : '',
    placed.notLocked.length > 0 ? 'No lock keeps the files of ' + placed.notLocked.join(', ') + ', which another program has stored.' : '',
  ].filter(text => text !== '').join(' ');
}

$('hold-close').addEventListener('click', closeHold);
$('hold-start').addEventListener('click', async () => {
  const until = $('hold-until').value;
  const reason = $('hold-reason').value.trim();
  const body = {
    backup: $('hold-backup').value, lock: $('hold-lock').checked, ...(until ? { until } : {}), ...(reason ? { reason } : {}),
  };
  const tell = text => { $('hold-trouble').textContent = text; };
  $('hold-start').disabled = true;
  const placed = await sent('POST', '/api/v1/holds', body, tell);
  $('hold-start').disabled = false;
  $('hold-start').focus(); // a disabled button loses the keyboard
  // Also after a refusal: where not every object was locked, the hold stands.
  await lookHoldsNow();
  if (placed) {
    const text = reservations(placed);
    tell(text === '' ? '' : 'It is held. ' + text);
    if (text === '') {
      closeHold();
    }
  }
});
