import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { cancellableStream } from '../../audit/reading/cancellable-stream.js';
import { OpenStreams } from '../../audit/reading/open-streams.js';
import { callerIdOf, type Principal } from '../../platform/access/principal.js';
import { Clock } from '../../platform/clock/clock.js';
import { Problem } from '../../platform/errors/problem.js';
import { SessionErrors } from '../session.errors.js';
import { INVALID_TOKEN } from '../invalid-token.js';
import { linesOf } from './revocation-format.js';
import { type AccessLoss, lossOf, type RevocationPage } from './revocation-item.js';
import { RevocationReader } from './revocation-reader.js';
import { RevocationWatch } from './revocation-watch.js';

/** Limits on open streams per process. Each costs a line four times a second, and all share their queries. */
const STREAMS = { ofAll: 1000, ofOne: 500, retryAfterSeconds: 10 };

/**
 * How long a caller who was listed lately is served before it has to ask again, milliseconds: until this instance knows what
 * it has lost. One that lives on, such as a key without a scope, repeats its request at this pace.
 */
const ASK_AGAIN_MS = 1000;

/** Serves those who follow the list of revocations, until they lose their access or the process stops. */
@Injectable()
export class RevocationAnswers implements OnModuleDestroy {
  private readonly open = new OpenStreams(STREAMS);
  private readonly draining = new AbortController();

  constructor(
    private readonly reader: RevocationReader,
    private readonly watch: RevocationWatch,
    private readonly clock: Clock,
  ) {}

  /** Ends all waits and streams before the process stops. Clients continue on another instance. */
  onModuleDestroy(): void {
    this.draining.abort();
  }

  /**
   * Returns the revocations after a number, waiting for up to `waitSeconds` if there are none, and not after `gone` aborts.
   * Throws `cursor_expired`, `dependency_unavailable`, and `session_ended` or `invalid_token` if the caller's access ended
   * meanwhile. A caller that has lost permissions gets the page that says so; its next request is judged anew.
   */
  async page(
    caller: Principal,
    after: number | null,
    waitSeconds: number,
    gone: AbortSignal,
  ): Promise<RevocationPage> {
    const present = await this.reader.read(after);
    if (waitSeconds === 0 || present.items.length > 0) return present;
    // The loss of the caller is not on any page if its cursor is a later one.
    const loss = await this.reader.recentLoss(caller);
    const waitMs = Math.min(waitSeconds * 1000, loss === null ? Number.POSITIVE_INFINITY : ASK_AGAIN_MS);
    const signal = AbortSignal.any([this.draining.signal, gone, AbortSignal.timeout(waitMs)]);
    const found =
      loss === 'ended' ? await untilAborted(signal) : await this.firstAfter(caller, present.last, signal);
    // The answer says what holds now, and a wait can end because nothing could be read.
    const page = found ?? (await this.reader.read(present.last));
    this.assertNotEnded(caller, page);
    return page;
  }

  /**
   * Streams the revocations after a number: a line for each, and an empty line for each time that there was none. Throws
   * `cursor_expired`, `dependency_unavailable`, and `overloaded` if there are too many streams.
   */
  async stream(caller: Principal, after: number | null): Promise<Readable> {
    this.open.assertRoom(callerIdOf(caller));
    const first = await this.reader.read(after);
    const loss = await this.reader.recentLoss(caller);
    const lines = (signal: AbortSignal) => {
      if (loss === 'ended') return [linesOf(first)];
      const limits = loss === null ? [signal] : [signal, AbortSignal.timeout(ASK_AGAIN_MS)];
      return this.lines(caller, first, AbortSignal.any(limits));
    };
    const stream = cancellableStream(lines, this.draining.signal);
    this.open.add(stream, callerIdOf(caller));
    return stream;
  }

  /** Returns the first page that has revocations, or that comes when the caller's access has ended; null after `signal`. */
  private async firstAfter(
    caller: Principal,
    number: number,
    signal: AbortSignal,
  ): Promise<RevocationPage | null> {
    for (;;) {
      const page = await this.watch.next(number, signal);
      if (page === null || page.items.length > 0 || this.hasExpired(caller)) return page;
    }
  }

  /** While PostgreSQL is unavailable, nothing is sent, so that the client knows that it may be missing something. */
  private async *lines(
    caller: Principal,
    first: RevocationPage,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    let page: RevocationPage | null = first;
    while (page !== null) {
      yield linesOf(page);
      const { last, isFull }: RevocationPage = page;
      if (this.hasExpired(caller) || lossOn(page, caller) !== null) return;
      page = isFull ? await this.reader.follow(last).catch(() => null) : await this.watch.next(last, signal);
      // An older database was restored; what it will list from now on has numbers that were already sent.
      if (page !== null && page.last < last) return;
    }
  }

  private assertNotEnded(caller: Principal, page: RevocationPage): void {
    const hasEnded = lossOn(page, caller) === 'ended';
    if (hasEnded && caller.kind === 'session') throw new Problem(SessionErrors.session_ended, INVALID_TOKEN);
    if (hasEnded || this.hasExpired(caller)) throw new Problem(SessionErrors.invalid_token, INVALID_TOKEN);
  }

  /** The list does not tell that a token or key has expired. */
  private hasExpired({ expiresAt }: Principal): boolean {
    return this.clock.nowMs() >= expiresAt * 1000;
  }
}

async function untilAborted(signal: AbortSignal): Promise<null> {
  if (!signal.aborted) await once(signal, 'abort');
  return null;
}

/** Returns what a caller has lost by a page of the list; null for nothing. */
function lossOn({ items }: RevocationPage, caller: Principal): AccessLoss | null {
  const own = items.filter(({ sessionId, keyId }) =>
    caller.kind === 'session' ? sessionId === caller.sessionId : keyId === caller.keyId,
  );
  return lossOf(own.map(({ reason }) => reason));
}
