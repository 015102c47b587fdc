// The script of all account pages. It sends nothing before the button is pressed, and makes text only, never HTML.

const TIMEOUT_MS = 30_000;

/** @type {(id: string) => any} */
const element = (id) => document.getElementById(id);

/** @type {HTMLFormElement} */
const form = element('form');
/** @type {HTMLButtonElement} */
const button = element('button');
/** @type {HTMLTemplateElement} */
const messages = element('messages');
/** @type {HTMLInputElement | null} */
const password = element('password');
/** @type {HTMLElement[]} */
const [task, done, problem, status] = ['task', 'done', 'problem', 'status'].map(element);
const title = document.title;

/** @type {string | null} The token of the link; null once it is used, and where the page was opened without one. */
let token = null;

/** Takes the token out of the address bar, so that neither history nor bookmarks keep it. */
function open() {
  token = new URLSearchParams(location.hash.slice(1)).get('token');
  history.replaceState(null, '', location.pathname + location.search);
  document.title = title;
  task.hidden = false;
  done.hidden = true;
  form.hidden = token === null;
  problem.replaceChildren();
  if (token === null) tell('no_link');
}

async function act() {
  setWorking(true);
  const response = await send().catch(() => null);
  setWorking(false);
  if (response?.ok) finish();
  else await explain(response);
}

/** Posts the token and the password that is asked for. A session whose access cookie has run out is renewed once. */
async function send() {
  const body = JSON.stringify({ token, ...(password && isAsked() && { [password.name]: password.value }) });
  const response = await post(form.dataset.endpoint, body);
  if (response.status !== 401 || isAsked()) return response;
  const renewal = await post('auth/refresh');
  return renewal.ok ? post(form.dataset.endpoint, body) : response;
}

/**
 * @param {string | undefined} endpoint
 * @param {string} [body]
 */
function post(endpoint, body) {
  return fetch(`${form.dataset.root}${endpoint}`, {
    method: 'POST',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }),
  });
}

function finish() {
  token = null;
  form.reset();
  task.hidden = true;
  done.hidden = false;
  document.title = done.dataset.title ?? title;
  done.querySelector('h1')?.focus();
}

/** @param {Response | null} response Null where there was none. */
async function explain(response) {
  if (response === null) return tell('offline');
  const { code, errors, requestId } = await response.json().catch(() => ({}));
  if (code === 'invalid_link') {
    form.hidden = true;
    return tell('invalid_link');
  }
  if (response.status === 401 && code === 'invalid_credentials') return tellAtPassword('password_wrong');
  if (response.status === 401 && password && !isAsked()) return askPassword();
  if (code === 'validation_failed' && isAsked()) return refusePassword(errors);
  if (response.status === 429) return tell('too_many', { wait: waitOf(response) });
  if (response.status === 503) return tell('unavailable');
  return tell('failed', { reference: requestId ?? String(response.status) });
}

function askPassword() {
  element('password-field').hidden = false;
  tellAtPassword('password_needed', false);
}

/** @param {{ detail: string }[]} errors The API's reasons, in English. */
function refusePassword(errors) {
  tellAtPassword('password_refused');
  const details = errors.map(({ detail }) => detail);
  const known = [...messageOf('faults').children].filter(
    (item) =>
      item instanceof HTMLElement && details.some((detail) => detail.includes(item.dataset.phrase ?? '')),
  );
  const unknown = details.map((detail) =>
    Object.assign(document.createElement('li'), { textContent: detail, lang: 'en' }),
  );
  problem.querySelector('[data-value=faults]')?.replaceChildren(...(known.length > 0 ? known : unknown));
}

/**
 * @param {string} name
 * @param {Record<string, string>} [values]
 */
function tell(name, values = {}) {
  const message = messageOf(name);
  for (const [key, value] of Object.entries(values)) {
    const place = message.querySelector(`[data-value=${key}]`);
    if (place) place.textContent = value;
  }
  problem.replaceChildren(message);
  problem.focus();
}

/** @param {string} name */
function tellAtPassword(name, isFault = true) {
  tell(name);
  password?.setAttribute('aria-invalid', String(isFault));
  password?.focus();
}

/**
 * @param {string} name
 * @returns {HTMLElement} A copy of what the page can say.
 */
function messageOf(name) {
  return /** @type {any} */ (messages.content.querySelector(`[data-message=${name}]`)?.cloneNode(true));
}

/** Whether a password goes with the token. */
function isAsked() {
  return password !== null && !element('password-field').hidden;
}

/** @param {boolean} isWorking The button keeps its focus, which a disabled one would lose. */
function setWorking(isWorking) {
  button.setAttribute('aria-disabled', String(isWorking));
  status.replaceChildren(...(isWorking ? [messageOf('working')] : []));
  if (!isWorking) return;
  problem.replaceChildren();
  password?.removeAttribute('aria-invalid');
}

/** @param {Response} response */
function waitOf(response) {
  const seconds = Number(response.headers.get('retry-after')) || 60;
  const [value, unit] = seconds < 100 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute'];
  const style = { style: 'unit', unit, unitDisplay: 'long' };
  return new Intl.NumberFormat(document.documentElement.lang, /** @type {any} */ (style)).format(value);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (button.getAttribute('aria-disabled') === 'true') return;
  if (isAsked() && password?.value === '') tellAtPassword('password_missing');
  else void act();
});
element('show-password')?.addEventListener('change', (/** @type {Event} */ { target }) => {
  if (password) password.type = /** @type {HTMLInputElement} */ (target).checked ? 'text' : 'password';
});
// Another link of this kind, pasted into the address bar, loads no new page.
addEventListener('hashchange', open);
open();
