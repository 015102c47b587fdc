import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { cancellableStream } from '../../audit/reading/cancellable-stream.js';
import { OpenStreams } from '../../audit/reading/open-streams.js';
import { callerIdOf, type Principal } from '../../platform/access/principal.js';
import { Clock } from '../../platform/clock/clock.js';
import { Problem } from '../../platform/errors/problem.js';
import { SessionErrors } from '../session.errors.js';
import { linesOf } from './revocation-format.js';
import type { RevocationPage } from './revocation-item.js';
import { RevocationReader } from './revocation-reader.js';
import { RevocationWatch } from './revocation-watch.js';

/** Limits on open streams per process. Each costs a line four times a second, and all share their queries. */
const STREAMS = { ofAll: 1000, ofOne: 500, retryAfterSeconds: 10 };

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
   * Returns the revocations after a number, waiting for up to `waitSeconds` if there are none, and not after `gone` aborts. A
   * caller that has lately ended does not wait: its next request is refused, unless it lives on. Throws `cursor_expired`,
   * `dependency_unavailable`, and `session_ended` if the caller's access ended meanwhile.
   */
  async page(
    caller: Principal,
    after: number | null,
    waitSeconds: number,
    gone: AbortSignal,
  ): Promise<RevocationPage> {
    const present = await this.reader.read(after);
    if (waitSeconds === 0 || present.items.length > 0) return present;
    // The end of the caller is not on any page if its cursor is a later one.
    if (await this.reader.hasLatelyEnded(caller)) return present;
    const waited = new AbortController();
    const signal = AbortSignal.any([this.draining.signal, gone, waited.signal]);
    const timer = delay(waitSeconds * 1000, undefined, { signal, ref: false });
    void timer.then(() => waited.abort()).catch(() => undefined);
    const found = await this.firstAfter(caller, present.last, signal);
    waited.abort();
    // The answer says what holds now, and a wait can end because nothing could be read.
    const page = found ?? (await this.reader.read(present.last));
    if (this.hasEnded(caller, page)) throw new Problem(SessionErrors.session_ended);
    return page;
  }

  /**
   * Streams the revocations after a number: a line for each, and an empty line for each time that there was none. Throws
   * `cursor_expired`, `dependency_unavailable`, and `overloaded` if there are too many streams.
   */
  async stream(caller: Principal, after: number | null): Promise<Readable> {
    this.open.assertRoom(callerIdOf(caller));
    const first = await this.reader.read(after);
    const isOver = await this.reader.hasLatelyEnded(caller);
    const stream = cancellableStream(
      (signal) => (isOver ? [linesOf(first)] : this.lines(caller, first, signal)),
      this.draining.signal,
    );
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
      if (page === null || page.items.length > 0 || this.hasEnded(caller, page)) return page;
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
      if (this.hasEnded(caller, page)) return;
      page = isFull ? await this.reader.follow(last).catch(() => null) : await this.watch.next(last, signal);
      // An older database was restored; what it will list from now on has numbers that were already sent.
      if (page !== null && page.last < last) return;
    }
  }

  /** The list itself tells that a caller lost its access, unless its token or key has expired. */
  private hasEnded(caller: Principal, { items }: RevocationPage): boolean {
    if (this.clock.nowMs() >= caller.expiresAt * 1000) return true;
    return caller.kind === 'session'
      ? items.some(({ sessionId }) => sessionId === caller.sessionId)
      : items.some(({ keyId }) => keyId === caller.keyId);
  }
}
