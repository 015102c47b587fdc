// The script of the mailbox page: lists the caught mails, shows one of them and waits for more.

const WAIT_SECONDS = 25;
const RETRY_MS = 2000;

/**
 * @typedef {{ id: string, kind: string, to: string, subject: string, text: string, link: string | null,
 *   token: string | null, code: string | null, createdAt: string }} Mail
 */

/** @type {(id: string) => any} */
const element = (id) => document.getElementById(id);
/** @type {HTMLInputElement} */
const to = element('to');
/** @type {HTMLElement} */
const list = element('list');
/** @type {HTMLTemplateElement} */
const entry = element('entry');

/** @type {Mail[]} The newest first. */
let mails = [];
/** @type {string | null} The id of the mail that is shown. */
let shown = null;
/** @type {Set<string>} Ids of mails that came since the page was opened and were not shown yet. */
const unread = new Set();

async function watch() {
  let isReload = true;
  for (;;) {
    if (document.hidden)
      await new Promise((resolve) => addEventListener('visibilitychange', resolve, { once: true }));
    try {
      const query = isReload ? '' : `?wait=${WAIT_SECONDS}${mails[0] ? `&after=${mails[0].id}` : ''}`;
      const response = await fetch(`mailbox${query}`, { headers: { accept: 'application/json' } });
      if (!response.ok) throw new Error(`The service answered ${response.status}`);
      add((await response.json()).items, isReload);
      isReload = false;
      say('Up to date; new mails appear by themselves.');
    } catch {
      isReload = true;
      say('The service does not answer. Trying again …');
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/**
 * @param {Mail[]} found
 * @param {boolean} areAll
 */
function add(found, areAll) {
  const known = new Set(mails.map(({ id }) => id));
  const isFirst = mails.length === 0 && areAll;
  const added = found.filter(({ id }) => !known.has(id));
  if (!isFirst) for (const { id } of added) unread.add(id);
  if (areAll) mails = found;
  else mails = [...added, ...mails];
  if (added.length > 0 || areAll) render();
}

function render() {
  const wanted = to.value.trim().toLowerCase();
  const visible = mails.filter((mail) => mail.to.toLowerCase().includes(wanted));
  const hadFocus = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset['id'];
  list.replaceChildren(...visible.map(item));
  element('empty').hidden = mails.length > 0;
  element('none').hidden = mails.length === 0 || visible.length > 0;
  element('recipients').replaceChildren(
    ...[...new Set(mails.map((mail) => mail.to))].map((value) =>
      Object.assign(document.createElement('option'), { value }),
    ),
  );
  if (!visible.some(({ id }) => id === shown)) show(visible[0] ?? null);
  mark();
  if (hadFocus !== undefined)
    buttons()
      .find(({ dataset }) => dataset['id'] === hadFocus)
      ?.focus();
}

/** @param {Mail} mail */
function item(mail) {
  const copy = /** @type {DocumentFragment} */ (entry.content.cloneNode(true));
  const button = /** @type {HTMLButtonElement} */ (copy.querySelector('button'));
  const [subject, time, recipient, kind] = /** @type {any} */ (button.children);
  button.dataset['id'] = mail.id;
  subject.textContent = mail.subject;
  time.textContent = new Date(mail.createdAt).toLocaleTimeString();
  time.dateTime = mail.createdAt;
  recipient.textContent = mail.to;
  kind.textContent = mail.kind;
  button.addEventListener('click', () => {
    show(mail);
    mark();
  });
  return copy;
}

/** @param {Mail | null} mail */
function show(mail) {
  shown = mail?.id ?? null;
  element('mail').hidden = mail === null;
  if (mail === null) return;
  unread.delete(mail.id);
  for (const [id, value] of Object.entries({
    subject: mail.subject,
    recipient: mail.to,
    kind: mail.kind,
    text: mail.text,
  }))
    element(id).textContent = value;
  element('time').textContent = new Date(mail.createdAt).toLocaleString();
  element('time').dateTime = mail.createdAt;
  for (const [id, value] of Object.entries({ code: mail.code, link: mail.link, token: mail.token })) {
    element(id).textContent = value;
    element(id).closest('div').hidden = value === null;
  }
  const isLink = mail.link !== null && /^https?:\/\//.test(mail.link);
  element('link').toggleAttribute('href', isLink);
  if (isLink) element('link').href = mail.link;
  showForm();
}

function showForm() {
  const isHtml = document.querySelector('[name=form]:checked')?.getAttribute('value') === 'html';
  element('text').hidden = isHtml;
  element('html').hidden = !isHtml;
  if (isHtml && shown !== null) element('html').src = `mailbox/${shown}`;
}

/** Marks in the list what is shown and what is new. */
function mark() {
  for (const button of buttons()) {
    const { id = '' } = button.dataset;
    button.classList.toggle('unread', unread.has(id));
    if (id === shown) button.setAttribute('aria-current', 'true');
    else button.removeAttribute('aria-current');
  }
  document.title = unread.size > 0 ? `(${unread.size}) Mailbox` : 'Mailbox';
}

const buttons = () => [...list.querySelectorAll('button')];

/** @param {string} text */
function say(text) {
  if (element('state').textContent !== text) element('state').textContent = text;
}

list.addEventListener('keydown', (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const all = buttons();
  const next = all[all.indexOf(/** @type {any} */ (document.activeElement)) + (step ?? 0)];
  if (step === undefined || !next) return;
  event.preventDefault();
  next.focus();
});
to.addEventListener('input', () => {
  const query = to.value === '' ? '' : `?${new URLSearchParams({ to: to.value })}`;
  history.replaceState(null, '', location.pathname + query);
  render();
});
for (const radio of document.querySelectorAll('[name=form]')) radio.addEventListener('change', showForm);
for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-copy]'))) {
  const name = button.dataset['copy'] ?? '';
  button.addEventListener('click', () => {
    void navigator.clipboard.writeText(element(name).textContent).then(() => say(`Copied the ${name}.`));
  });
}
to.value = new URLSearchParams(location.search).get('to') ?? '';
void watch();
