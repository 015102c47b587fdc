import { setTimeout as delay } from 'node:timers/promises';
import type { Principal } from '../../platform/access/principal.js';
import type { Clock } from '../../platform/clock/clock.js';
import { WorkThrottle } from '../../platform/clock/work-throttle.js';
import { isDatabaseUnavailable } from '../../platform/database/database-problem.js';
import type { AuditEntry } from '../audit-entry.js';
import type { AuditFeed } from '../feed/audit-feed.js';
import { jsonLine } from '../reading/export-format.js';
import type { Moment, SessionEndsRepository } from '../reading/session-ends.repository.js';

/** How often new entries and the session are checked, regardless of how much there is to read. */
const POLL_MS = 500;
/** Interval after which a comment is sent if nothing else was, so that proxies keep the connection open. */
const HEARTBEAT_MS = 15_000;
const BATCH = 200;

/** The entries requested by a reader, and the position from which to start. */
export interface Subscription {
  readonly principal: Principal;
  /** A position of the feed; null for the current end. */
  readonly position: string | null;
  readonly calls: boolean;
  readonly wants: (entry: AuditEntry) => boolean;
}

/** The dependencies of a stream. */
export interface StreamSources {
  readonly feed: AuditFeed;
  readonly ends: SessionEndsRepository;
  readonly clock: Clock;
}

/**
 * Yields entries as server-sent events (WHATWG HTML section 9.2), whose ids are those of the entries, and frames
 * without data whose ids are positions. Reads only when the connection accepts more data and the session is valid. If
 * PostgreSQL is unavailable, the stream ends; clients reconnect automatically and miss nothing.
 */
export async function* eventFrames(
  sources: StreamSources,
  subscription: Subscription,
  signal: AbortSignal,
): AsyncGenerator<string> {
  try {
    yield* frames(sources, subscription, signal);
  } catch (error) {
    if (!isDatabaseUnavailable(error)) throw error;
  }
}

async function* frames(
  { feed, ends, clock }: StreamSources,
  { principal, calls, wants, ...subscription }: Subscription,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const throttle = new WorkThrottle();
  const begun: Moment = { ms: clock.nowMs(), position: (await feed.readAfter(null, BATCH)).position };
  let position = subscription.position ?? begun.position;
  let checkedMs = begun.ms;
  let sentMs = begun.ms;
  // Without an id here, a client disconnected before the first entry would resume at a later position.
  yield `retry: 2000\nid: ${position}\n\n`;
  while (!signal.aborted) {
    // Checks both directions, because the clock may be set back while a stream is open.
    if (Math.abs(clock.nowMs() - checkedMs) >= POLL_MS) {
      checkedMs = clock.nowMs();
      if (await ends.hasEnded(principal, begun)) return;
    }
    const page = await feed.readAfter(position, BATCH, { calls });
    position = page.position;
    const wanted = page.entries.filter(wants);
    const isDue = Math.abs(clock.nowMs() - sentMs) >= HEARTBEAT_MS;
    if (wanted.length > 0) yield wanted.map(frame).join('');
    else if (isDue) yield `: quiet\nid: ${position}\n\n`;
    if (wanted.length > 0 || isDue) sentMs = clock.nowMs();
    if (page.entries.length === BATCH) await throttle.worked(BATCH);
    else await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

function frame(entry: AuditEntry): string {
  return `id: ${entry.id}\ndata: ${jsonLine(entry)}\n\n`;
}
