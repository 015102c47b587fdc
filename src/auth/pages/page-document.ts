import type { Locale } from '../../platform/access/locale.js';
import { type Markup, markup } from '../../platform/http/markup.js';
import type { AccountPage, PageWords } from './account-page.js';
import { passwordField, passwordMessages } from './password-field.js';
import { SHARED_WORDS, type SharedWords } from './shared-words.js';

/**
 * Content-Security-Policy of account pages: own script, style and icon, and requests to this service. Trusted Types without
 * a policy keep the script from turning text into HTML; the browser itself submits no form.
 */
export const PAGE_POLICY =
  `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; ` +
  `base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'`;

/** Configuration that pages show. */
export interface PageSettings {
  readonly PRODUCT_NAME: string;
  readonly PASSWORD_MIN_LENGTH: number;
}

/**
 * Returns the HTML document of a page. References are relative, so that it works behind a proxy that removes a prefix. The
 * messages that its script may show are in a template element.
 */
export function pageDocument(page: AccountPage, locale: Locale, settings: PageSettings): string {
  const words = page.words[locale];
  const shared = SHARED_WORDS[locale];
  const product = settings.PRODUCT_NAME;
  const toAccount = '../'.repeat(page.path.split('/').length - 1);
  return markup`<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${words.title} – ${product}</title>
<link rel="icon" href="${toAccount}assets/account.svg" type="image/svg+xml">
<link rel="stylesheet" href="${toAccount}assets/page.css">
<link rel="stylesheet" href="${toAccount}assets/account.css">
<script type="module" src="${toAccount}assets/account.js"></script>
</head>
<body>
<header>${product}</header>
<main class="card">
<section id="task">
<h1>${words.title}</h1>
<noscript><p class="problem">${shared.noScript}</p></noscript>
<div id="problem" class="problem" role="alert" tabindex="-1"></div>
<form id="form" data-root="../${toAccount}" data-endpoint="${page.endpoint}" novalidate hidden>
${words.intro.map((text) => markup`<p>${text}</p>\n`)}
${passwordField(page.password, shared, settings)}
<button id="button">${words.button}</button>
<p id="status" role="status"></p>
</form>
</section>
<section id="done" data-title="${words.doneTitle} – ${product}" hidden>
<h1 tabindex="-1">${words.doneTitle}</h1>
${words.done.map((text) => markup`<p>${text}</p>\n`)}
</section>
</main>
<template id="messages">
${messages(words, shared)}
${page.password === 'none' ? [] : passwordMessages(shared)}
</template>
</body>
</html>
`.html;
}

function messages(words: PageWords, shared: SharedWords): Markup {
  return markup`<p data-message="no_link">${shared.noLink}</p>
<p data-message="invalid_link">${words.invalidLink}</p>
<p data-message="too_many">${shared.tooMany} <span data-value="wait"></span>.</p>
<p data-message="unavailable">${shared.unavailable}</p>
<p data-message="offline">${shared.offline}</p>
<p data-message="failed">${shared.failed} <code data-value="reference"></code></p>
<p data-message="working">${shared.working}</p>`;
}
