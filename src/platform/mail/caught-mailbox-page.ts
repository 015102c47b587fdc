import { markup } from '../http/markup.js';

/** Content-Security-Policy of the page: its own script and style only. Mails are shown in a frame under {@link MAIL_POLICY}. */
export const MAILBOX_POLICY =
  `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; ` +
  `form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'`;

/**
 * Content-Security-Policy of a mail's HTML, which may come from an operator's template: no scripts, no forms, no external
 * resources, an opaque origin. Links open in a new tab. Inline styles are allowed, since mail programs read no others.
 */
export const MAIL_POLICY =
  `sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; ` +
  `form-action 'none'; base-uri 'none'; frame-ancestors 'self'`;

const COPY = (id: string) => markup`<button type="button" data-copy="${id}">Copy</button>`;

/** The mailbox page for developers. Its script reads the JSON of the same path and inserts it as text only. */
export const MAILBOX_PAGE = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Mailbox</title>
<link rel="icon" href="mailbox/assets/mailbox.svg" type="image/svg+xml">
<link rel="stylesheet" href="mailbox/assets/mailbox.css">
<script type="module" src="mailbox/assets/mailbox.js"></script>
</head>
<body>
<header>
<h1>Mailbox</h1>
<label for="to">To</label>
<input id="to" type="search" list="recipients" autocomplete="off" spellcheck="false" placeholder="anybody">
<datalist id="recipients"></datalist>
<p id="state" role="status"></p>
</header>
<noscript><p>The page needs JavaScript. Programs read the same mails as JSON: <code>curl localhost:3000/dev/mailbox</code>.</p></noscript>
<div id="panes">
<nav aria-label="Mails">
<ol id="list"></ol>
<p id="empty" hidden>No mail yet. Mails are caught here for 24 hours, because <code>SMTP_URL</code> is unset; new ones appear by themselves.</p>
<p id="none" hidden>No mail to such an address.</p>
</nav>
<main>
<article id="mail" aria-labelledby="subject" hidden>
<h2 id="subject" tabindex="-1"></h2>
<dl>
<div><dt>To</dt><dd id="recipient"></dd></div>
<div><dt>Kind</dt><dd id="kind"></dd></div>
<div><dt>Caught</dt><dd><time id="time"></time></dd></div>
<div><dt>Code</dt><dd><code id="code"></code> ${COPY('code')}</dd></div>
<div><dt>Link</dt><dd><a id="link" target="_blank" rel="noreferrer"></a> ${COPY('link')}</dd></div>
<div><dt>Token</dt><dd><code id="token"></code> ${COPY('token')}</dd></div>
</dl>
<fieldset>
<legend>Show as</legend>
<label><input type="radio" name="form" value="text" checked> Text</label>
<label><input type="radio" name="form" value="html"> HTML</label>
</fieldset>
<pre id="text"></pre>
<iframe id="html" title="The mail as HTML" sandbox="allow-popups allow-popups-to-escape-sandbox" hidden></iframe>
</article>
</main>
</div>
<template id="entry"><li><button type="button"><strong></strong><time></time><span></span><small></small></button></li></template>
</body>
</html>
`.html;

/** Returns a mail's HTML for the frame. The base element, which opens links in a new tab, ends up in the head of the mail. */
export function framedMail(html: string): string {
  return `<!doctype html><base target="_blank">${html}`;
}
