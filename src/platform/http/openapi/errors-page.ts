import type { ProblemRow } from '../../errors/problem.js';
import { markup } from '../markup.js';

/** Returns the page that the `type` of a problem links to: each code with its status and texts. */
export function errorsPage(rows: readonly ProblemRow[]): string {
  const items = rows
    .toSorted((a, b) => a.status - b.status || a.code.localeCompare(b.code))
    .map(
      ({ code, status, title, detail }) =>
        markup`<section id="${code}"><h2><code>${code}</code> ${String(status)}</h2><p><b>${title}.</b> ${detail}</p></section>`,
    );
  return markup`<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Errors of Portcullis</title><style>
body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}:target{background:#fff3bf}
</style></head><body><h1>Errors</h1><p>Sent as <code>application/problem+json</code> (RFC 9457).
Programs should rely on <code>code</code>, which is stable.</p>${items}</body></html>`.html;
}
