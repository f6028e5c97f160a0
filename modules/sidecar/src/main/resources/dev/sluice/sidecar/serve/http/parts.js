'use strict';

// What the status page and the page of the fleet have in common. Names come from servers: they only ever become text, never markup.

const $ = id => document.getElementById(id);

const WORDS = {
  failing: ['✕', 'Failing'],
  attention: ['!', 'Look at it'],
  well: ['✓', 'Well'],
};
const DRILLS = { sound: 'well', unsound: 'failing', unproven: 'attention' };
const TYPES = { FULL: 'full', DIFFERENTIAL: 'differential', LOG: 'log' };

let token = sessionStorage.getItem('sluice-token') || '';

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'on') {
      element.addEventListener('click', value);
    } else if (value !== null) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.filter(child => child !== null));
  return element;
}

function ask(path, options = {}) {
  const headers = token ? { Authorization: 'Bearer ' + token } : {};
  return fetch(path, { ...options, headers });
}

// ---- times and sizes ----

function ago(instant, now = Date.now()) {
  const seconds = Math.round((now - new Date(instant)) / 1000);
  const past = seconds >= 0;
  const amount = Math.abs(seconds);
  const text = amount < 90 ? amount + ' s'
    : amount < 5400 ? Math.round(amount / 60) + ' min'
      : amount < 129600 ? Math.round(amount / 3600) + ' h'
        : Math.round(amount / 86400) + ' days';
  return past ? text + ' ago' : 'in ' + text;
}

function time(instant, now) {
  return make('time', { datetime: instant, title: instant }, ago(instant, now));
}

function size(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let amount = bytes;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit++;
  }
  return (unit === 0 ? amount : amount.toFixed(1)) + ' ' + units[unit];
}

// ---- elements ----

function trouble(text) {
  $('trouble').hidden = text === '';
  $('trouble').textContent = text;
}

/** Puts elements into a list in this order, and touches none that is in its place: what a person is about to click stays. */
function arrange(list, elements) {
  elements.forEach((element, at) => {
    if (list.children[at] !== element) {
      list.insertBefore(element, list.children[at] || null);
    }
  });
  while (list.children.length > elements.length) {
    list.lastElementChild.remove();
  }
}
