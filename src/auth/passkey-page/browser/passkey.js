// The script of the page on which developers try passkeys. It makes text only, never HTML.

/** @type {(id: string) => any} */
const element = (id) => document.getElementById(id);

/** Members that are secret and of no use to a reader. */
const HIDDEN = ['password'];

/** A request that was answered with a problem. */
class Refusal extends Error {
  /** @param {any} problem */
  constructor(problem) {
    super(`${problem.title}. ${problem.detail}`);
    this.problem = problem;
  }
}

/**
 * Sends a request and adds it to the list. A session whose access cookie has run out is renewed once.
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>} The body of the response; null if it has none.
 */
async function send(method, path, body) {
  let response = await exchange(method, path, body);
  if (response.status === 401 && response.answer.code === 'unauthenticated' && path !== 'auth/refresh') {
    const renewal = await exchange('POST', 'auth/refresh');
    if (renewal.status < 400) response = await exchange(method, path, body);
  }
  if (response.status >= 400) throw new Refusal(response.answer);
  return response.answer;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 */
async function exchange(method, path, body) {
  const response = await fetch(`../${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const answer = response.status === 204 ? null : await response.json();
  show(`${method} /${path} → ${response.status}`, [body, answer]);
  return { status: response.status, answer };
}

/**
 * @param {string} title
 * @param {unknown[]} parts
 */
function show(title, parts) {
  const entry = element('request').content.cloneNode(true);
  entry.querySelector('code').textContent = title;
  entry.querySelector('pre').textContent = parts.filter(Boolean).map(textOf).join('\n\n');
  element('log').prepend(entry);
}

/** @param {unknown} part */
const textOf = (part) => JSON.stringify(part, (key, value) => (HIDDEN.includes(key) ? '…' : value), 2);

/** @param {any} options */
const creationOptions = (options) =>
  /** @type {any} */ (PublicKeyCredential).parseCreationOptionsFromJSON(options);
/** @param {any} options */
const requestOptions = (options) =>
  /** @type {any} */ (PublicKeyCredential).parseRequestOptionsFromJSON(options);

/**
 * Lets the user choose a passkey.
 * @param {object} body What the options are for: the challenge of a login, or nothing.
 */
async function ask(body) {
  const { challenge, options } = await send('POST', 'auth/passkey/options', body);
  const credential = await navigator.credentials.get({ publicKey: requestOptions(options) });
  return { challenge, response: /** @type {any} */ (credential).toJSON() };
}

const actions = {
  async 'sign-in'() {
    await send('POST', 'auth/passkey', await ask({}));
  },
  async 'log-in'() {
    const credentials = { email: element('email').value, password: element('password').value };
    try {
      await send('POST', 'auth/login', credentials);
    } catch (error) {
      const challenge = error instanceof Refusal && error.problem.challenge;
      if (!challenge?.methods.includes('passkey')) throw error;
      const proof = await ask({ challenge: challenge.token });
      await send('POST', 'auth/login/factor', { method: 'passkey', ...proof });
    }
    element('account').reset();
  },
  async register() {
    await send('POST', 'auth/register', {
      email: element('email').value,
      password: element('password').value,
    });
    await actions['log-in']();
  },
  async add() {
    const { challenge, options } = await send('POST', 'users/me/factors/passkeys/options', {});
    const credential = await navigator.credentials.create({ publicKey: creationOptions(options) });
    const response = /** @type {any} */ (credential).toJSON();
    const name = `Passkey of ${new Date().toLocaleString('en')}`;
    await send('POST', 'users/me/factors/passkeys', { challenge, name, response });
  },
  async 'step-up'() {
    await send('POST', 'auth/step-up', { method: 'passkey', ...(await ask({})) });
  },
  async 'log-out'() {
    await send('POST', 'auth/logout');
  },
};

/** Shows whether somebody is signed in, and their passkeys. */
async function refresh() {
  const user = await send('GET', 'users/me').catch((error) => {
    if (error instanceof Refusal && error.problem.status === 401) return null;
    throw error;
  });
  element('signed-out').hidden = user !== null;
  element('signed-in').hidden = user === null;
  if (user === null) return;
  element('address').textContent = user.email;
  const { items } = await send('GET', 'users/me/factors');
  const passkeys = items.filter((/** @type {{ type: string }} */ { type }) => type === 'passkey');
  element('passkeys').replaceChildren(...passkeys.map(itemOf));
  element('none').hidden = passkeys.length > 0;
  element('step-up').hidden = passkeys.length === 0;
  const sessions = await send('GET', 'users/me/sessions');
  const { methods } = sessions.items.find((/** @type {{ current: boolean }} */ { current }) => current);
  element('methods').textContent = methods.join(', ');
}

/** @param {{ id: string, name: string }} passkey */
function itemOf({ id, name }) {
  const item = element('passkey').content.cloneNode(true);
  item.querySelector('span').textContent = name;
  const button = item.querySelector('button');
  button.setAttribute('aria-label', `Remove ${name}`);
  button.addEventListener('click', () => run(() => send('DELETE', `users/me/factors/${id}`)));
  return item;
}

/** @param {() => Promise<unknown>} action */
async function run(action) {
  const [problem, status] = [element('problem'), element('status')];
  problem.hidden = true;
  status.textContent = 'One moment…';
  try {
    await action();
  } catch (error) {
    problem.textContent = error instanceof Error ? error.message : String(error);
    problem.hidden = false;
  }
  await refresh().catch((error) => {
    problem.textContent = error.message;
    problem.hidden = false;
  });
  status.textContent = '';
}

element('account').addEventListener('submit', (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  const { value } = /** @type {HTMLButtonElement} */ (event.submitter);
  void run(actions[/** @type {'log-in' | 'register'} */ (value)]);
});
for (const id of /** @type {const} */ (['sign-in', 'add', 'step-up', 'log-out']))
  element(id).addEventListener('click', () => run(actions[id]));
await run(async () => undefined);
