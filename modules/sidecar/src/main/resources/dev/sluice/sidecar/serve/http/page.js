'use strict';

// The service's state, drawn again whenever it changes.

const CHECKS = { sql: 'SQL Server answers', storage: 'the bucket answers', recovered: 'recover is through', accepting: 'takes backups' };

let state = null;
let past = null;
let chosen = null;

// ---- the state ----

async function look() {
  let answer;
  try {
    answer = await ask('/api/v1/status');
  } catch {
    trouble('The service does not answer. What this page shows is from ' + (state ? state.now : 'before') + '.');
    return false;
  }
  if (answer.status === 401) {
    $('access').hidden = false;
    $('summary').textContent = 'The service shows nothing without its token.';
    $('token').focus();
    return false;
  }
  if (!answer.ok) {
    trouble('The service answers with ' + answer.status + '.');
    return false;
  }
  state = await answer.json();
  $('access').hidden = true;
  trouble('');
  draw();
  lookBack();
  lookHolds();
  return true;
}

// ---- the last days ----

const PAST_EVERY = 60000;
let pastAsked = -PAST_EVERY;

/** The history is asked for when something has changed, and not more often than once a minute: with many databases it is long. */
async function lookBack() {
  if (performance.now() - pastAsked < PAST_EVERY) {
    return;
  }
  pastAsked = performance.now();
  let told = '';
  try {
    const answer = await ask('/api/v1/history/days');
    const found = await answer.json();
    if (answer.ok) {
      const totals = new Map();
      found.totals.forEach(one => totals.set(one.database, [...(totals.get(one.database) || []), one]));
      past = { days: days(found.first, found.last), totals };
      told = found.unreadable.length === 0 ? ''
        : 'A part of the history cannot be read: ' + found.unreadable[0] + (found.unreadable.length > 1 ? ' (and more)' : '');
    } else {
      told = 'The history cannot be read: ' + found.detail;
    }
  } catch {
    told = 'The history cannot be read: the service does not answer.';
  }
  $('past-trouble').hidden = told === '';
  $('past-trouble').textContent = told;
  if (past) {
    drawRows();
  }
}

function days(first, last) {
  const all = [];
  for (let day = Date.parse(first); day <= Date.parse(last); day += 86400000) {
    all.push(new Date(day).toISOString().slice(0, 10));
  }
  return all;
}

/** A duration as people say it. */
function lasting(seconds) {
  return seconds < 90 ? Math.round(seconds) + ' s'
    : seconds < 5400 ? Math.round(seconds / 60) + ' min'
      : (seconds / 3600).toFixed(1) + ' h';
}

const failures = day => day.failed + day.logsFailed + day.othersFailed;

function draft(tag, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  element.append(...children);
  return element;
}

const STEP = 9;
const HALF = 20;

/** A column for each day: upwards the time that its data backups took, downwards their size. */
function chart(found) {
  const byDay = new Map(found.map(one => [one.day, one]));
  const longest = Math.max(1e-9, ...found.map(one => one.seconds));
  const largest = Math.max(1, ...found.map(one => one.bytes));
  const columns = past.days.map((day, at) => {
    const one = byDay.get(day);
    const column = draft('g', { transform: 'translate(' + (at * STEP + 1) + ' 0)' });
    if (one && failures(one) > 0) {
      column.append(draft('rect', { class: 'bad', x: -1, y: 0, width: STEP, height: 54 }),
        draft('path', { class: 'cross', d: 'M0.5 2 l6 6 m0 -6 l-6 6' }));
    }
    if (one && one.good > 0) {
      const up = Math.max(3, HALF * one.seconds / longest);
      const down = Math.max(3, HALF * one.bytes / largest);
      column.append(
        draft('rect', { class: 'took', x: 0, y: 12 + HALF - up, width: STEP - 2, height: up }),
        draft('rect', { class: 'bytes', x: 0, y: 13 + HALF, width: STEP - 2, height: down }));
    }
    return column;
  });
  const width = past.days.length * STEP + 1;
  return draft('svg', { viewBox: '0 0 ' + width + ' 54', width, height: 54, role: 'img', 'aria-label': summary(found) },
    draft('path', { class: 'axis', d: 'M0 32.5 h' + width }), ...columns);
}

/** What the chart shows, in words. */
function summary(found) {
  const good = found.filter(one => one.good > 0);
  const bad = found.filter(one => failures(one) > 0);
  if (good.length === 0 && bad.length === 0) {
    return 'no full or differential backup, and no failure';
  }
  const longest = good.reduce((one, other) => (one && one.seconds >= other.seconds ? one : other), null);
  return 'full or differential backups on ' + good.length + ' of ' + past.days.length + ' days'
    + (longest ? ', at most ' + lasting(longest.seconds) + ' and ' + size(Math.max(...good.map(one => one.bytes))) + ' a day' : '')
    + (bad.length === 0 ? ', no failure' : ', failures on ' + bad.map(one => one.day).join(', '));
}

/** The numbers behind the chart, made when they are wanted. */
function numbers(name, found) {
  const head = ['Day', 'Good', 'Took', 'Size', 'Logs', 'Failed'];
  const cell = text => make('td', {}, text);
  return make('table', {},
    make('caption', { class: 'hidden' }, 'The last days of ' + name),
    make('thead', {}, make('tr', {}, ...head.map(text => make('th', { scope: 'col' }, text)))),
    make('tbody', {}, ...[...found].reverse().map(one => make('tr', {},
      make('th', { scope: 'row' }, one.day),
      cell(String(one.good)),
      cell(one.good > 0 ? lasting(one.seconds) : '–'),
      cell(one.good > 0 ? size(one.bytes) : '–'),
      cell(String(one.logs)),
      make('td', { class: failures(one) > 0 ? 'failing' : null }, String(failures(one)))))));
}

/** The chart of a database with its numbers; it stays open, and keeps the keyboard, when it is drawn anew. */
function drawPast(name, details) {
  const found = past ? past.totals.get(name) || [] : [];
  if (found.length === 0) {
    return make('span', { class: 'quiet' }, past ? 'nothing yet' : '…');
  }
  const label = details.firstElementChild || details.appendChild(make('summary'));
  label.replaceChildren(chart(found));
  const table = () => details.replaceChildren(label, ...(details.open ? [numbers(name, found)] : []));
  details.ontoggle = table;
  table();
  return details;
}

function draw() {
  $('identity').textContent = state.identity;
  document.title = 'Sluice – ' + state.identity;
  $('version').textContent = 'Sluice ' + state.version;
  $('rights').textContent = token ? '' : 'Without a token this page shows, and changes nothing.';
  const count = condition => state.databases.filter(one => one.condition === condition).length;
  const bad = count('failing');
  const odd = count('attention');
  const all = state.databases.length;
  $('summary').textContent = all === 0 ? 'No databases.'
    : bad === 0 && odd === 0 ? (all === 1 ? 'The database is well.' : 'All ' + all + ' databases are well.')
      : bad + ' failing, ' + odd + ' to look at, ' + count('well') + ' well.';
  $('checks').replaceChildren(...Object.entries(state.checks).map(([name, health]) =>
    make('li', { class: health === 'UP' ? null : 'failing' }, (health === 'UP' ? '✓ ' : '✕ not: ') + (CHECKS[name] || name))));
  $('none').hidden = state.databases.length > 0;
  $('filter-row').hidden = state.databases.length < 10;
  drawPauses();
  drawRows();
}

const rows = new Map();

function drawRows() {
  const wanted = $('filter').value.toLowerCase();
  const shown = state.databases.filter(one => one.name.toLowerCase().includes(wanted));
  arrange($('rows'), shown.map(row));
  document.querySelectorAll('#rows time').forEach(one => { one.textContent = ago(one.dateTime); });
  $('filtered').textContent = wanted ? shown.length + ' of ' + state.databases.length : '';
  const names = new Set(state.databases.map(one => one.name));
  [...rows.keys()].filter(name => !names.has(name)).forEach(name => rows.delete(name));
}

/** The row of a database: the one that is there, if nothing about it has changed. */
function row(database) {
  const said = JSON.stringify([Boolean(token), database, past && [past.days, past.totals.get(database.name)], heldOf(database.name).length]);
  const before = rows.get(database.name);
  if (before && before.said === said) {
    return before.row;
  }
  const button = before ? before.button : make('button', { type: 'button', 'data-database': database.name, on: () => choose(database.name) },
    'Restore', make('span', { class: 'hidden' }, ' ' + database.name), ' …');
  const details = before ? before.details : make('details');
  const element = before ? before.row : make('tr');
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  element.replaceChildren(...cells(database, button, details));
  if (focused) {
    focused.focus();
  }
  rows.set(database.name, { said, button, details, row: element });
  return element;
}

function cells(database, button, details) {
  const [sign, word] = WORDS[database.condition];
  const name = make('th', { scope: 'row' }, database.name);
  if (database.problems.length > 0) {
    name.append(make('ul', { class: 'problems' }, ...database.problems.map(problem => make('li', {}, problem))));
  }
  const types = database.types.map(type => make('li', { class: type.failed ? 'failing' : null },
    TYPES[type.type] + ' ',
    type.last ? time(type.last) : 'never',
    type.failed ? ', failed since' : '',
    type.leftOut ? make('span', { class: 'quiet' }, ', left out ', time(type.leftOut.at), ': ' + type.leftOut.why) : null,
    type.pausedUntil ? make('span', { class: 'attention' }, ', paused, ends ', time(type.pausedUntil))
      : type.next ? make('span', { class: 'quiet' }, ', next ', time(type.next)) : null));
  return [
    make('td', { class: 'condition ' + database.condition }, make('span', { 'aria-hidden': 'true' }, sign + ' '), word),
    name,
    make('td', { 'data-label': 'Can be restored until' }, database.window ? time(database.window.latest) : 'nothing'),
    make('td', { 'data-label': 'From' }, database.window ? time(database.window.earliest) : '–'),
    make('td', { 'data-label': 'Backups' }, make('ul', {}, ...types, ...[heldItem(database.name)].filter(Boolean))),
    make('td', { 'data-label': 'Last drill' }, database.drill
      ? make('span', { class: DRILLS[database.drill.outcome] }, database.drill.outcome + ' ', time(database.drill.at)) : 'none'),
    make('td', { class: 'past', 'data-label': 'Last 14 days' }, drawPast(database.name, details)),
    make('td', {}, database.window ? button : null, pauseButton(database.name), holdButton(database.name)),
  ];
}

// ---- what is under way ----

const cards = new Map();

function rate(card, bytes) {
  const now = performance.now();
  const before = card.moved;
  card.moved = { bytes, now };
  return before && now > before.now ? Math.max(0, (bytes - before.bytes) * 1000 / (now - before.now)) : null;
}

const SIDES = { sql: 'SQL Server', memory: 'memory', s3: 'S3' };

function newCard(title, path) {
  const progress = make('progress', { max: '100', 'aria-label': title });
  const text = make('p');
  const item = make('li', {}, make('h3', {}, title), progress, text);
  if (token && path) {
    item.append(make('button', { type: 'button', 'data-cancel': path, on: event => cancel(event.currentTarget, path, title) },
      'Cancel', make('span', { class: 'hidden' }, ' ' + title)));
  }
  return { item, progress, text, moved: null };
}

/** The card of a job: the one that is there, with what has changed. */
function card(key, job, title, path) {
  const one = cards.get(key) || newCard(title, path);
  cards.set(key, one);
  const progress = job.progress;
  one.progress.hidden = !progress || Boolean(job.phase);
  one.text.className = progress ? '' : 'quiet';
  if (job.phase) {
    one.text.textContent = 'It ' + job.phase + '.';
    return one.item;
  }
  if (!progress) {
    one.text.textContent = job.began ? 'It is beginning.' : 'It waits for its turn.';
    return one.item;
  }
  const percent = progress.percent > 0 ? progress.percent
    : progress.expectedBytes > 0 ? Math.min(100, Math.round(100 * progress.bytes / progress.expectedBytes)) : null;
  if (percent === null) {
    one.progress.removeAttribute('value');
  } else {
    one.progress.value = percent;
  }
  const speed = rate(one, progress.bytes);
  one.text.textContent = (percent === null ? '' : percent + ' %, ') + size(progress.bytes)
    + (speed === null ? '' : ', ' + size(Math.round(speed)) + '/s') + ', waits most for ' + SIDES[progress.bottleneck];
  return one.item;
}

function drawActivity(activity) {
  const shown = new Map();
  const add = (key, job, title, path) => shown.set(key, card(key, job, title, path));
  activity.jobs.forEach(job => add('b' + job.id, job, TYPES[job.taken || job.type] + ' backup of ' + job.database, '/api/v1/jobs/' + job.id));
  activity.restores.forEach(job => add('r' + job.id, job, 'restore of ' + job.database + ' as ' + job.as, '/api/v1/restores/' + job.id));
  activity.verifications.forEach(job => add('v' + job.id, job, 'verification of ' + job.database, '/api/v1/verifications/' + job.id));
  activity.drills.forEach(job => add('d' + job.id, job, 'restore drill of ' + job.database, '/api/v1/drills/' + job.id));
  const over = [...cards.keys()].filter(key => !shown.has(key));
  const focused = over.some(key => cards.get(key).item.contains(document.activeElement));
  arrange($('activity'), [...shown.values()]);
  over.forEach(key => cards.delete(key));
  $('idle').hidden = shown.size > 0;
  if (focused) {
    $('activity-title').focus(); // the keyboard was on a card that is gone
  }
}

async function cancel(button, path, title) {
  if (!confirm('Cancel the ' + title + '?')) {
    return;
  }
  if (await pressed(button, () => sent('DELETE', path, null, text => trouble('It was not cancelled: ' + text)))) {
    $('activity-title').focus();
  }
}

// ---- live ----

const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

/** Reads server-sent events by fetch, because an EventSource sends no token. */
async function follow() {
  const answer = await ask('/api/v1/events');
  if (!answer.ok) {
    throw new Error('status ' + answer.status);
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) {
      return;
    }
    text += value;
    let end;
    while ((end = text.indexOf('\n\n')) >= 0) {
      heard(text.slice(0, end));
      text = text.slice(end + 2);
    }
  }
}

let due = null;

function heard(message) {
  const event = /^event: (.*)$/m.exec(message);
  const data = /^data: (.*)$/m.exec(message);
  if (event && event[1] === 'activity' && data) {
    drawActivity(JSON.parse(data[1]));
  } else if (event && event[1] === 'changed' && due === null) {
    // Many jobs may end at once: one look is enough for them.
    due = setTimeout(() => {
      due = null;
      look();
    }, 1000);
  }
}

async function live() {
  for (;;) {
    if (await look()) {
      try {
        await follow();
        continue;
      } catch {
        // Asked again below.
      }
    }
    await pause(3000);
  }
}

// ---- a restore, as a command ----

function choose(name) {
  const database = state.databases.find(one => one.name === name);
  if (!database || !database.window) {
    return;
  }
  chosen = database;
  $('restore').hidden = false;
  $('restore-title').textContent = 'Restore ' + database.name;
  const single = database.window.earliest === database.window.latest;
  $('window').textContent = single ? 'Without log backups there is one state of it to restore: that of ' + database.window.latest + '.'
    : 'Any instant from ' + database.window.earliest + ' to ' + database.window.latest + ', or the end.';
  $('instant-range').disabled = single;
  $('name').value = database.name + '_copy';
  $('instant-range').value = 1000;
  $('plan').replaceChildren();
  slide();
  $('restore-title').focus();
}

function slide() {
  const from = Date.parse(chosen.window.earliest);
  const until = Date.parse(chosen.window.latest);
  const at = from + (until - from) * $('instant-range').value / 1000;
  $('instant').value = $('instant-range').value === '1000' ? 'end' : new Date(Math.ceil(at)).toISOString();
  command();
}

/** As a shell on Linux takes it. */
function quoted(text) {
  return /^[A-Za-z0-9_.:+-]+$/.test(text) ? text : "'" + text.replaceAll("'", "'\\''") + "'";
}

function command() {
  const to = $('instant').value;
  const at = Date.parse(to);
  const inside = at >= Date.parse(chosen.window.earliest) && at <= Date.parse(chosen.window.latest);
  $('instant').setAttribute('aria-invalid', String(to !== 'end' && !inside));
  $('instant-range').setAttribute('aria-valuetext', to);
  $('command').textContent = 'sluice restore ' + quoted(chosen.name) + ' --to ' + quoted($('instant').value)
    + ' --as ' + quoted($('name').value);
}

async function check() {
  const plan = $('plan');
  plan.replaceChildren(make('p', {}, 'Looking …'));
  const query = new URLSearchParams({ database: chosen.name, to: $('instant').value, as: $('name').value });
  try {
    const answer = await ask('/api/v1/plan?' + query);
    const found = await answer.json();
    if (!answer.ok) {
      plan.replaceChildren(make('p', { class: 'failing' }, found.detail + ' ' + found.hint));
    } else if (!found.reachable) {
      plan.replaceChildren(make('p', { class: 'failing' }, found.why));
    } else {
      plan.replaceChildren(
        make('p', {}, found.backups.length + ' backups, ' + size(found.bytes) + '. What it needs:'),
        make('ul', {}, ...found.preconditions.map(one =>
          make('li', { class: one.state === 'unmet' ? 'failing' : one.state === 'unknown' ? 'attention' : null },
            one.state + ': ' + one.evidence + (one.remedy ? ' → ' + one.remedy : '')))),
        make('ul', {}, ...found.findings.map(text => make('li', { class: 'attention' }, text))));
    }
  } catch {
    plan.replaceChildren(make('p', { class: 'failing' }, 'The service does not answer.'));
  }
}

// ---- begin ----

$('access').addEventListener('submit', event => {
  event.preventDefault();
  token = $('token').value;
  $('token').value = '';
  sessionStorage.setItem('sluice-token', token);
  $('access').hidden = true;
  cards.clear(); // drawn anew, with what the token allows
  pastAsked = -PAST_EVERY;
  holdsAsked = -HOLDS_EVERY;
  look();
});
$('enter').addEventListener('click', () => {
  $('access').hidden = false;
  $('token').focus();
});
$('filter').addEventListener('input', drawRows);
$('instant-range').addEventListener('input', slide);
$('instant').addEventListener('input', command);
$('name').addEventListener('input', command);
$('check').addEventListener('click', check);
$('copy').addEventListener('click', async () => {
  await navigator.clipboard.writeText($('command').textContent);
  $('copy').textContent = 'Copied';
});
$('close').addEventListener('click', () => {
  $('restore').hidden = true;
  const shown = rows.get(chosen.name);
  if (shown) {
    shown.button.focus();
  }
});
setInterval(() => {
  if (state) {
    drawRows();
    lookBack();
    lookHolds();
  }
}, 30000);
live();
