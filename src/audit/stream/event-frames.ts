import { setTimeout as delay } from 'node:timers/promises';
import type { Principal } from '../../platform/access/principal.js';
import { isDatabaseUnavailable } from '../../platform/database/database-problem.js';
import type { AuditEntry } from '../audit-entry.js';
import type { AuditFeed } from '../feed/audit-feed.js';
import { jsonLine } from '../reading/export-format.js';
import { endsSession } from './ends-session.js';

const POLL_MS = 500;
/** A comment is sent after so many quiet polls, so that proxies keep the connection. */
const HEARTBEAT_POLLS = 30;
const BATCH = 200;

/** What a reader wants, and from where on. */
export interface Subscription {
  readonly principal: Principal;
  /** A position of the feed; null for the present end. */
  readonly position: string | null;
  readonly calls: boolean;
  readonly wants: (entry: AuditEntry) => boolean;
}

/**
 * Entries as server-sent events (WHATWG HTML section 9.2), whose ids are the entries'. Read only when the connection
 * takes more. PostgreSQL away ends the stream: clients come back by themselves, and miss nothing.
 */
export async function* eventFrames(
  feed: AuditFeed,
  subscription: Subscription,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const { principal, calls, wants } = subscription;
  let { position } = subscription;
  yield 'retry: 2000\n\n';
  for (let quiet = 0; !signal.aborted;) {
    const page = await feed.readAfter(position, BATCH, { calls }).catch(nullWhenAway);
    if (!page) return;
    position = page.position;
    const end = page.entries.findIndex((entry) => endsSession(entry, principal));
    const wanted = (end < 0 ? page.entries : page.entries.slice(0, end + 1)).filter(wants);
    if (wanted.length > 0) yield wanted.map(frame).join('');
    if (end >= 0) return;
    if (page.entries.length > 0) continue;
    quiet = (quiet + 1) % HEARTBEAT_POLLS;
    if (quiet === 0) yield ': quiet\n\n';
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

function frame(entry: AuditEntry): string {
  return `id: ${entry.id}\ndata: ${jsonLine(entry)}\n\n`;
}

function nullWhenAway(error: unknown): null {
  if (isDatabaseUnavailable(error)) return null;
  throw error;
}
