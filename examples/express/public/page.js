import { createClient, isProblem } from '@portcullis/client';
import { baseUrl } from './config.js';

const $ = (id) => document.getElementById(id);
const say = (text) => ($('message').textContent = text);

const client = createClient({
  baseUrl,
  transport: 'cookie',
  onSignedOut: (reason) => void show(null, reason === 'logout' ? '' : 'Please sign in again.'),
});

/** Calls the API of this page. An expired token is renewed, and who has to prove again who they are is asked to. */
async function api(method, path, body) {
  const init = { method, headers: { 'content-type': 'application/json' } };
  if (body !== undefined) init.body = JSON.stringify(body);
  // A refresh helps once and a proof helps once; a request may need both.
  const mended = new Set();
  let answer = await fetch(path, init);
  while (answer.status === 401) {
    const { code, detail } = await answer.json();
    const isProofMissing = code === 'insufficient_user_authentication';
    if (mended.has(isProofMissing)) throw new Error(detail);
    mended.add(isProofMissing);
    if (isProofMissing) await prove();
    else await client.refresh();
    answer = await fetch(path, init);
  }
  if (!answer.ok) throw new Error((await answer.json()).detail);
  return answer.status === 204 ? null : answer.json();
}

/** Asks for the password, and sends it to Portcullis, not to the API. */
async function prove() {
  const dialog = $('proof');
  const [form] = dialog.getElementsByTagName('form');
  form.reset();
  dialog.returnValue = '';
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener('close', resolve, { once: true }));
  if (dialog.returnValue !== 'prove') throw new Error('Nothing was changed.');
  await client.stepUp({ password: form.elements.password.value });
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
