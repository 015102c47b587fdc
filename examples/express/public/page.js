import { createClient, isProblem } from '@portcullis/client';
import { baseUrl } from './config.js';

const $ = (id) => document.getElementById(id);
const say = (text) => ($('message').textContent = text);

const client = createClient({
  baseUrl,
  transport: 'cookie',
  onSignedOut: (reason) => void show(null, reason === 'logout' ? '' : 'Please sign in again.'),
  // The second half of a login.
  onFactor: ({ token, methods }) =>
    byFirstOf(methods, async (method) => {
      if (method === 'passkey') return client.passkeys.signIn({ challenge: token });
      const code = await ask('Code of your app, or a recovery code');
      const kind = /^\d{6}$/.test(code) ? 'totp' : 'recovery_code';
      return client.loginFactor({ challenge: token, method: kind, code });
    }),
});

/** Calls the API of this page. An expired token is renewed, and who has to prove again who they are is asked to. */
async function api(method, path, body) {
  const init = { method, headers: { 'content-type': 'application/json' } };
  if (body !== undefined) init.body = JSON.stringify(body);
  // A refresh helps once. A session that has lost the factor with which it was opened needs two proofs, one after the other.
  const left = { refresh: 1, proof: 2 };
  let answer = await fetch(path, init);
  while (answer.status === 401) {
    const { code, detail } = await answer.json();
    const remedy = code === 'insufficient_user_authentication' ? 'proof' : 'refresh';
    if (left[remedy]-- === 0) throw new Error(detail);
    if (remedy === 'proof') await prove();
    else await client.refresh();
    answer = await fetch(path, init);
  }
  if (!answer.ok) throw new Error((await answer.json()).detail);
  return answer.status === 204 ? null : answer.json();
}

/** Proves to Portcullis who is signed in: by what the account has, or by what the session needs if that is refused. */
async function prove() {
  const { items: factors } = await client.request('GET', '/users/me/factors');
  const usual = ['passkey', 'totp'].filter((method) => factors.some(({ type }) => type === method));
  try {
    await byFirstOf([...usual, 'password'], proveBy);
  } catch (error) {
    if (!isProblem(error, 'insufficient_user_authentication')) throw error;
    await byFirstOf(error.methods, proveBy);
  }
}

async function proveBy(method) {
  if (method === 'passkey') await client.passkeys.stepUp();
  else if (method === 'totp') await client.stepUp({ method, code: await ask('Code of your app') });
  else await client.stepUp({ password: await ask('Password', 'password') });
}

/** Proves by the first of the methods; by the next one if that is a passkey which is not here, dismissed or refused. */
async function byFirstOf([method, ...others], prove) {
  try {
    return await prove(method);
  } catch (error) {
    const isRejected = error instanceof DOMException || isProblem(error, 'invalid_passkey');
    if (method !== 'passkey' || !isRejected || others.length === 0) throw error;
    return byFirstOf(others, prove);
  }
}

/** Asks for a password or a code; rejects if the user cancels. */
async function ask(label, type = 'text') {
  const dialog = $('question');
  const [form] = dialog.getElementsByTagName('form');
  form.reset();
  $('question-label').textContent = label;
  const autocomplete = type === 'password' ? 'current-password' : 'one-time-code';
  Object.assign(form.elements.answer, { type, autocomplete });
  dialog.returnValue = '';
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener('close', resolve, { once: true }));
  if (dialog.returnValue !== 'answer') throw new Error('Nothing was changed.');
  return form.elements.answer.value;
}

async function show(user, message = '') {
  say(message);
  $('sign-in').hidden = user !== null;
  $('signed-in').hidden = user === null;
  if (user === null) return;
  $('who').textContent = user.email;
  const orders = await api('GET', '/orders');
  $('orders').replaceChildren(...orders.map((order) => itemOf(order, user)));
}

function itemOf({ id, article }, user) {
  const item = document.createElement('li');
  item.append(article);
  if (!user.roles.includes('admin')) return item;
  const button = Object.assign(document.createElement('button'), {
    textContent: `Delete ${article}`,
    className: 'plain',
  });
  button.addEventListener('click', () => void attempt(() => api('DELETE', `/orders/${id}`)));
  item.append(button);
  return item;
}

/** Does what the user asked for, then shows the orders anew; or says why not. */
async function attempt(action) {
  try {
    await action();
    await show(await client.me());
  } catch (error) {
    say(isProblem(error) ? error.detail : error.message);
  }
}

const fieldsOf = (form) => Object.fromEntries(new FormData(form));
$('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt(() => client.login(fieldsOf(event.target)));
});
$('add').addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt(() => api('POST', '/orders', fieldsOf(event.target)).then(() => event.target.reset()));
});
$('sign-out').addEventListener('click', () => void client.logout().catch((error) => say(error.message)));

if (await client.isSignedIn()) await show(await client.me());
else await show(null);
