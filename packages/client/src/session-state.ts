import { type Identity, KnownSession } from './known-session.js';
import type { Queue } from './lock.js';
import { sessionLeft } from './problem.js';
import type { SignedIn, SignedOutReason, TokenStorage } from './types.js';
import { sleep } from './wire.js';

/** After what waits a tab looks again for what another tab has kept. The message about it may come earlier than the storage. */
const LATE_SECONDS = [0.1, 0.9];

/** The session of this browser or process. In the cookie transport it has no tokens. */
export interface State extends Identity {
  /**
   * Changes with every refresh, so that a tab sees that another one has refreshed. Later ones sort after earlier ones, unless the
   * clock was set back.
   */
  readonly stamp: string;
  readonly tokens?: Tokens;
}

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

type Message = Omit<State, 'tokens'> | { readonly ended: string; readonly reason: SignedOutReason };

/** A storage that forgets everything with the page or the process. */
function memory(): TokenStorage {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => values.set(key, value),
    removeItem: (key) => values.delete(key),
  };
}

/** `localStorage`; null in workers, and where the user allows no storage. */
function localStorageIfAny(): TokenStorage | null {
  try {
    // Node.js has it too, behind an option, and warns where it is touched without.
    return 'document' in globalThis ? globalThis.localStorage : null;
  } catch {
    return null;
  }
}

type Channel = InstanceType<typeof BroadcastChannel>;

/** Null in pages that Node.js simulates without channels, and where Firefox denies them because the user allows no storage. */
function channelIfAny(name: string): Channel | null {
  try {
    const channel = new BroadcastChannel(name);
    // Node.js only, where an open channel keeps the process alive.
    (channel as { unref?: () => void }).unref?.();
    return channel;
  } catch {
    return null;
  }
}

interface ReturningPage {
  addEventListener?(type: 'pageshow', listener: (event: { readonly persisted: boolean }) => void): void;
}

/** Calls the listener when a page that the browser had kept is shown again. */
function onReturn(listener: () => void): void {
  if (!('document' in globalThis)) return;
  (globalThis as unknown as ReturningPage).addEventListener?.('pageshow', ({ persisted }) => {
    if (persisted) listener();
  });
}

/** Null for what no version of this client has written. */
function stateOf(value: string): State | null {
  try {
    const state = JSON.parse(value) as State | null;
    return typeof state?.session === 'string' ? state : null;
  } catch {
    return null;
  }
}

/**
 * Who is signed in, as all tabs see it. It is in the given storage or, in the cookie transport, in `localStorage`, where
 * only the ids of the session and of its account are kept. The tabs tell each other what they change.
 */
export class SessionState {
  readonly isShared: boolean;
  /** That of all tabs. In the body transport outside of pages, each storage has its own: it is one of several people's. */
  readonly queue: Queue;
  private readonly storage: TokenStorage;
  private readonly channel: Channel | null;
  private readonly hasTabs: boolean;
  private readonly known: KnownSession;
  private readonly followers = new Map<string, string>();
  private deadline = { stamp: '', atMs: 0 };

  constructor(
    private readonly name: string,
    private readonly isBody: boolean,
    given: TokenStorage | undefined,
    onSignedOut: ((reason: SignedOutReason) => void) | undefined,
  ) {
    this.known = new KnownSession(onSignedOut);
    const kept = isBody ? (given ?? null) : localStorageIfAny();
    this.storage = kept ?? memory();
    this.isShared = !isBody || kept !== null;
    // Only pages and their workers have tabs.
    this.hasTabs = 'location' in globalThis && !('Deno' in globalThis);
    this.queue = isBody && !this.hasTabs ? this.storage : name;
    this.channel = this.isShared && this.hasTabs ? channelIfAny(name) : null;
    this.channel?.addEventListener('message', (event: object) => {
      void this.hear((event as { data: Message }).data).catch(() => undefined);
    });
    // A page that the browser had put aside may have missed messages.
    onReturn(() => this.reread());
    this.reread();
  }

  /** Null where nobody is signed in, as far as is known. What this tab learns by it, `onSignedOut` is told. */
  read(): Promise<State | null> {
    return this.look((state) => this.known.take(state));
  }

  /**
   * Reads the session of a request that begins. Throws where the page still takes its user for somebody else. If it `mayBeOver`,
   * an empty storage is not told yet: a page that navigates on `onSignedOut` would cancel its logout.
   */
  async begin(mayBeOver = false): Promise<State | null> {
    const before = this.known.current;
    const state = await (mayBeOver ? this.readIfAny() : this.read());
    if (state !== null && this.known.isOfAnother(before, state)) throw sessionLeft();
    return state;
  }

  /**
   * Reads the session that was seen. Throws `refusal` if it was left meanwhile: what was asked for in it is not meant for
   * another account. Null is answered only where nobody was seen, or where `mayBeOver`.
   */
  async readSame(
    seen: State | null,
    refusal: unknown = sessionLeft(),
    mayBeOver = false,
  ): Promise<State | null> {
    const now = await (mayBeOver ? this.readIfAny() : this.read());
    if (seen === null || now?.session === seen.session || (now === null && mayBeOver)) return now;
    if (now === null || this.followers.get(now.session) !== seen.session) throw refusal;
    return now;
  }

  /**
   * Takes what a proof answered for the session in which it was asked for: the page's cookies may be of another one. Another
   * account proves nothing for this one.
   */
  follow(asked: State, { session, user }: SignedIn): void {
    if (session.id !== asked.session && user.id === asked.user) this.followers.set(session.id, asked.session);
  }

  /**
   * Keeps what a login, a refresh or a step-up answered, unless `isWanted` says otherwise of what is kept by then: the session
   * was left meanwhile, or another tab has later tokens because this one was frozen.
   */
  async adopt(answer: SignedIn, isWanted: (kept: State | null) => boolean = () => true): Promise<void> {
    const stamp = `${Date.now()}.${Math.random().toString(36).slice(2)}`;
    const told = { session: answer.session.id, user: answer.user.id, stamp };
    const state: State = {
      ...told,
      // In the cookie transport, no script of the page may read them.
      ...(this.isBody &&
        'accessToken' in answer && {
          tokens: { accessToken: answer.accessToken, refreshToken: answer.refreshToken },
        }),
    };
    if (!isWanted(await this.read())) return;
    this.known.expect(state.session);
    await this.storage.setItem(this.name, JSON.stringify(state));
    if (this.hasTabs) this.known.take(state);
    // A monotonic clock: neither a wrong clock nor a change of time matters.
    this.deadline = { stamp: state.stamp, atMs: performance.now() + answer.expiresIn * 1000 };
    this.tell(told);
  }

  /** Whether the access token is known to have expired. It may have expired all the same where this is false. */
  hasExpired(state: State | null): boolean {
    return state?.stamp === this.deadline.stamp && performance.now() >= this.deadline.atMs;
  }

  /** Forgets a session that is over, and says so once in every tab; null where the storage had lost it. */
  async end(state: State | null, reason: SignedOutReason): Promise<void> {
    if (!state) {
      await this.read();
      return;
    }
    this.known.noteReason(state.session, reason);
    try {
      if ((await this.read())?.session === state.session) await this.storage.removeItem(this.name);
    } finally {
      this.tell({ ended: state.session, reason });
      this.known.announce(state.session, reason);
    }
  }

  private async look(learn: (state: State | null) => void): Promise<State | null> {
    const before = this.known.current;
    const value = await this.storage.getItem(this.name);
    const state = value === null ? null : stateOf(value);
    // What another read or a login has overtaken may be old.
    if (this.hasTabs && this.known.current === before) learn(state);
    return state;
  }

  /** Leaves it to a later read to tell that the storage is empty. */
  private readIfAny(): Promise<State | null> {
    return this.look((state) => {
      if (state) this.known.take(state);
    });
  }

  /** Reads the session another tab announced, or its replacement. It is alive, even if it was marked as over before. */
  private readConfirmed(): Promise<State | null> {
    return this.look((state) => {
      if (state) this.known.confirm(state.session);
      this.known.take(state);
    });
  }

  /** A worker has no localStorage; what it hears is all that it knows. */
  private get isOnlyTold(): boolean {
    return !this.isBody && !localStorageIfAny();
  }

  private tell(message: Message): void {
    this.channel?.postMessage(message);
  }

  private reread(): void {
    void this.read().catch(() => undefined);
  }

  private async hear(message: Message): Promise<void> {
    if ('ended' in message) {
      const { ended, reason } = message;
      if (ended !== this.known.current?.session) return;
      this.known.noteReason(ended, reason);
      const kept = await this.read();
      // A worker that has signed out could not remove what pages have kept, nor a page what workers have.
      if (!this.isBody && kept?.session === ended) await this.storage.removeItem(this.name);
      this.known.announce(ended, reason);
      return;
    }
    const isTold = (kept: State | null) => kept !== null && kept.stamp >= message.stamp;
    // A tab that was frozen hears of logins that others have followed.
    if (!isTold(await this.read())) {
      if (this.isOnlyTold) await this.storage.setItem(this.name, JSON.stringify(message));
      // Cookies are of all tabs, but a storage can be each tab's own, as `sessionStorage` is. What it shows is taken by `read`.
      if (!this.isBody) this.known.replaceBy(message);
    }
    for (const seconds of LATE_SECONDS) {
      if (isTold(await this.read())) break;
      await sleep(seconds);
    }
    await this.readConfirmed();
  }
}
