import { createHash } from 'node:crypto';
import type { CaughtMail } from './caught-mailbox.js';
import { escapeHtml } from './mail-content.js';
import { MAIL_STYLE_SOURCE } from './mail-document.js';

const STYLE =
  'body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#1a1a1a;background:#fff}' +
  'form{display:flex;gap:.5em;flex-wrap:wrap;align-items:center}input{font:inherit;min-width:18em}button{font:inherit}' +
  'article{border:1px solid #767676;border-radius:6px;padding:1em;margin:1em 0}h2{font-size:1.1em;margin:0}' +
  'dl{display:grid;grid-template-columns:max-content 1fr;gap:.1em 1em}dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}' +
  'pre{white-space:pre-wrap;overflow-wrap:anywhere}iframe{width:100%;height:24em;border:1px solid #767676;background:#fff}' +
  'summary{cursor:pointer}code{font:1em ui-monospace,monospace}';

const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

/**
 * Allows no scripts and no external resources. Frames that show mails inherit the policy, so an operator's template
 * cannot load anything either.
 */
export const PAGE_POLICY =
  `default-src 'none'; style-src ${STYLE_SOURCE} ${MAIL_STYLE_SOURCE}; form-action 'self'; base-uri 'none'; ` +
  `frame-ancestors 'none'`;

/** Renders caught mails as an HTML page for developers. */
export function mailboxPage(mails: readonly CaughtMail[], to: string | undefined): string {
  const empty = `<p>No mail${to === undefined ? '' : ` to ${escapeHtml(to)}`} has been caught in the last 24 hours.</p>`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Mailbox (${mails.length})</title><style>${STYLE}</style></head>
<body>
<main>
<h1>Mailbox</h1>
<p>Mails are caught because <code>SMTP_URL</code> is unset. The newest is first; programs read the same as JSON.</p>
<form action="/dev/mailbox"><label for="to">To</label><input id="to" name="to" type="search" value="${escapeHtml(to ?? '')}"><button>Show</button><a href="/dev/mailbox">All</a></form>
${mails.length === 0 ? empty : mails.map(article).join('\n')}
</main>
</body>
</html>
`;
}

function article({ id, kind, to, subject, text, html, link, code, createdAt }: CaughtMail): string {
  const safeLink = link !== null && /^https?:\/\//.test(link) ? escapeHtml(link) : null;
  const rows = [
    ['To', escapeHtml(to)],
    ['Kind', escapeHtml(kind)],
    ['Caught', `<time datetime="${createdAt}">${createdAt}</time>`],
    ...(safeLink === null ? [] : [['Link', `<a href="${safeLink}" rel="noreferrer">${safeLink}</a>`]]),
    ...(code === null ? [] : [['Code', `<code>${escapeHtml(code)}</code>`]]),
  ];
  return `<article id="${id}">
<h2>${escapeHtml(subject)}</h2>
<dl>${rows.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join('')}</dl>
<pre>${escapeHtml(text)}</pre>
<details><summary>HTML form</summary><iframe sandbox title="${escapeHtml(subject)}" srcdoc="${escapeHtml(html)}"></iframe></details>
</article>`;
}
