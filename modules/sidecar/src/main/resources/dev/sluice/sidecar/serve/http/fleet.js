'use strict';

// The servers of a fleet. Their databases are asked for when a person opens a server: twenty thousand rows would be of no use.

const LIFE = { silent: 'silent, last', alive: '', unknown: 'none known', unreadable: 'unreadable' };
const EVERY = 60000;

let fleet = null;
const rows = new Map();

async function look() {
  let answer;
  try {
    answer = await ask('/api/v1/fleet');
  } catch {
    trouble('`sluice fleet` does not answer. What this page shows is from ' + (fleet ? fleet.at : 'before') + '.');
    return;
  }
  if (answer.status === 401) {
    $('access').hidden = false;
    $('summary').textContent = 'Nothing is shown without the token.';
    $('token').focus();
    return;
  }
  if (!answer.ok) {
    const problem = await answer.json();
    trouble('The bucket cannot be read: ' + problem.detail + ' ' + problem.hint);
    return;
  }
  fleet = await answer.json();
  fleet.received = performance.now();
  $('access').hidden = true;
  trouble('');
  draw();
}

/** The bucket's clock, which has told how old a sign of life is: this machine's may be another. */
function now() {
  return new Date(fleet.at).getTime() + performance.now() - fleet.received;
}

function age(instant) {
  return time(instant, now());
}

function counts(one, unit, units) {
  const all = one.failing + one.attention + one.well;
  return all === 0 ? 'No ' + units + '.'
    : one.failing + one.attention === 0 ? (all === 1 ? 'The ' + unit + ' is well.' : 'All ' + all + ' ' + units + ' are well.')
      : one.failing + ' failing, ' + one.attention + ' to look at, ' + one.well + ' well.';
}

function draw() {
  $('place').textContent = 'fleet of ' + fleet.place;
  document.title = 'Sluice – fleet of ' + fleet.place;
  $('summary').textContent = counts(fleet.servers, 'server', 'servers');
  $('databases').textContent = 'Databases: ' + counts(fleet.databases, 'database', 'databases');
  $('none').hidden = fleet.list.length > 0;
  const names = new Set(fleet.list.map(one => one.server));
  [...rows.keys()].filter(name => !names.has(name)).forEach(name => rows.delete(name));
  drawRows();
}

function drawRows() {
  const wanted = $('filter').value.toLowerCase();
  const shown = fleet.list.filter(one => one.server.toLowerCase().includes(wanted)
    && (!$('wrong').checked || one.condition !== 'well'));
  arrange($('rows'), shown.flatMap(one => {
    const drawn = row(one);
    return drawn.open ? [drawn.row, drawn.more] : [drawn.row];
  }));
  document.querySelectorAll('#rows time').forEach(one => { one.textContent = ago(one.dateTime, now()); });
  $('read').replaceChildren(make('time', { datetime: fleet.at, title: fleet.at }, 'at ' + fleet.at));
  $('filtered').textContent = shown.length < fleet.list.length ? shown.length + ' of ' + fleet.list.length : '';
}

/** The row of a server: the one that is there, if nothing about it has changed. */
function row(server) {
  const said = JSON.stringify(server);
  let drawn = rows.get(server.server);
  if (drawn && drawn.said === said) {
    return drawn;
  }
  if (!drawn) {
    const id = 'of-' + rows.size + '-' + Math.random().toString(36).slice(2);
    const button = make('button', { type: 'button', 'aria-expanded': 'false', 'aria-controls': id, on: () => toggle(server.server) });
    drawn = { row: make('tr'), more: make('tr', { id }), button, open: false };
    rows.set(server.server, drawn);
  }
  const focused = document.activeElement === drawn.button;
  drawn.said = said;
  drawn.row.replaceChildren(...cells(server, drawn.button));
  if (focused) {
    drawn.button.focus();
  }
  if (drawn.open) {
    fill(server.server, drawn);
  }
  return drawn;
}

function problems(texts) {
  return texts.length === 0 ? null : make('ul', { class: 'problems' }, ...texts.map(text => make('li', {}, text)));
}

function condition(one) {
  const [sign, word] = WORDS[one.condition];
  return make('td', { class: 'condition ' + one.condition }, make('span', { 'aria-hidden': 'true' }, sign + ' '), word);
}

function drill(one) {
  return make('td', { 'data-label': 'Last drill' },
    one.drill ? make('span', { class: DRILLS[one.drill.outcome] }, one.drill.outcome + ' ', age(one.drill.finishedAt)) : 'none');
}

/** Until when all databases can be restored, or how many cannot be. */
function restorable(server) {
  const known = server.failing + server.attention + server.well;
  return server.latest ? age(server.latest)
    : server.unrestorable === 0 && server.omitted > 0 ? 'not known of all'
      : server.unrestorable === known ? 'nothing'
        : 'not all: ' + server.unrestorable + ' of ' + (known + server.omitted) + ' cannot be restored';
}

function cells(server, button) {
  const count = server.failing + server.attention + server.well + server.omitted;
  const wrong = [[server.failing, 'failing'], [server.attention, 'attention']].filter(one => one[0] > 0);
  button.replaceChildren(make('span', { class: 'hidden' }, 'Databases of ' + server.server + ': '), String(count),
    ...wrong.map(([number, name]) => make('span', { class: name }, ', ' + number + (name === 'failing' ? ' failing' : ' to look at'))));
  return [
    condition(server),
    make('th', { scope: 'row' }, server.server, problems(server.problems)),
    make('td', { 'data-label': 'Sign of life', class: server.life === 'silent' ? 'failing' : server.life === 'alive' ? null : 'attention' },
      LIFE[server.life] + ' ', server.seen ? age(server.seen) : null),
    make('td', { 'data-label': 'All can be restored until', class: server.latest || count === 0 ? null : 'failing' }, restorable(server)),
    drill(server),
    make('td', {}, count > 0 ? button : null),
  ];
}

// ---- the databases of one server ----

function toggle(name) {
  const drawn = rows.get(name);
  drawn.open = !drawn.open;
  drawn.button.setAttribute('aria-expanded', String(drawn.open));
  if (drawn.open) {
    drawn.more.replaceChildren(make('td', { colspan: '6' }, make('p', { role: 'status' }, 'Reading …')));
    fill(name, drawn);
  }
  drawRows();
}

async function fill(name, drawn) {
  let inside;
  try {
    const answer = await ask('/api/v1/fleet/' + encodeURIComponent(name));
    const found = await answer.json();
    inside = answer.ok ? table(found) : make('p', { class: 'failing' }, found.detail);
  } catch {
    inside = make('p', { class: 'failing' }, '`sluice fleet` does not answer.');
  }
  drawn.more.replaceChildren(make('td', { colspan: '6' }, inside));
}

function table(server) {
  const head = ['Condition', 'Database', 'Can be restored until', 'From', 'Backups', 'Last drill'];
  return make('table', {},
    make('caption', { class: 'hidden' }, 'The databases of ' + server.server + ', the worst first'),
    make('thead', {}, make('tr', {}, ...head.map(text => make('th', { scope: 'col' }, text)))),
    make('tbody', {}, ...server.databases.map(one => make('tr', {},
      condition(one),
      make('th', { scope: 'row' }, one.name, problems(one.problems)),
      make('td', { 'data-label': 'Can be restored until' }, one.latest ? age(one.latest) : 'nothing'),
      make('td', { 'data-label': 'From' }, one.earliest ? age(one.earliest) : '–'),
      make('td', { 'data-label': 'Backups' }, make('ul', {}, ...one.types.map(type =>
        make('li', { class: type.failed ? 'failing' : null }, TYPES[type.type] + ' ', type.last ? age(type.last) : 'never',
          type.failed ? ', failed since' : '')))),
      drill(one)))));
}

// ---- begin ----

$('access').addEventListener('submit', event => {
  event.preventDefault();
  token = $('token').value;
  $('token').value = '';
  sessionStorage.setItem('sluice-token', token);
  $('access').hidden = true;
  look();
});
$('filter').addEventListener('input', () => fleet && drawRows());
$('wrong').addEventListener('change', () => fleet && drawRows());
setInterval(() => {
  if ($('access').hidden) {
    look();
  }
}, EVERY);
look();
