import type { Queue } from './lock.js';
import { sessionLeft } from './problem.js';
import type { SignedIn, SignedOutReason, TokenStorage } from './types.js';
import { sleep } from './wire.js';

/** When a tab has seen in the storage what another tab put there. The message about it may come earlier. */
const LATE_SECONDS = 1;

/** The session of this browser or process. In the cookie transport it has no tokens. */
export interface State {
  readonly session: string;
  /** The id of its account. */
  readonly user: string;
  /** Changes with every refresh, so that a tab sees that another one has refreshed. */
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
  private readonly channel: InstanceType<typeof BroadcastChannel> | null;
  private readonly announced = new Set<string>();
  private readonly followers = new Map<string, string>();
  private known: string | null = null;
  private deadline = { stamp: '', atMs: 0 };

  constructor(
    private readonly name: string,
    private readonly isBody: boolean,
    given: TokenStorage | undefined,
    private readonly onSignedOut: ((reason: SignedOutReason) => void) | undefined,
  ) {
    const kept = isBody ? (given ?? null) : localStorageIfAny();
    this.storage = kept ?? memory();
    this.isShared = !isBody || kept !== null;
    // Only pages and their workers have tabs. A page that is simulated in Node.js may have no channels.
    const hasTabs = 'location' in globalThis && !('Deno' in globalThis);
    this.queue = isBody && !hasTabs ? this.storage : name;
    const hasChannel = this.isShared && hasTabs && 'BroadcastChannel' in globalThis;
    this.channel = hasChannel ? new BroadcastChannel(name) : null;
    // Node.js only, where an open channel keeps the process alive.
    (this.channel as { unref?: () => void } | null)?.unref?.();
    this.channel?.addEventListener('message', (event: object) => {
      void this.hear((event as { data: Message }).data).catch(() => undefined);
    });
    void this.read().catch(() => undefined);
  }

  /** Null where nobody is signed in, as far as is known. */
  async read(): Promise<State | null> {
    const value = await this.storage.getItem(this.name);
    if (value === null) return null;
    const state = stateOf(value);
    this.known = state?.session ?? null;
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
    const now = await this.read();
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
    const stamp = Math.random().toString(36).slice(2);
    const told = { session: answer.session.id, user: answer.user.id, stamp };
    const state: State = {
      ...told,
      ...('accessToken' in answer && {
        tokens: { accessToken: answer.accessToken, refreshToken: answer.refreshToken },
      }),
    };
    if (!isWanted(await this.read())) return;
    await this.storage.setItem(this.name, JSON.stringify(state));
    this.known = state.session;
    // A monotonic clock: neither a wrong clock nor a change of time matters.
    this.deadline = { stamp: state.stamp, atMs: performance.now() + answer.expiresIn * 1000 };
    this.tell(told);
  }

  /** Whether the access token is known to have expired. It may have expired all the same where this is false. */
  hasExpired(state: State | null): boolean {
    return state?.stamp === this.deadline.stamp && performance.now() >= this.deadline.atMs;
  }

  /** Forgets a session that is over, and says so once in every tab. */
  async end(state: State | null, reason: SignedOutReason): Promise<void> {
    if (!state) return;
    try {
      if ((await this.read())?.session === state.session) await this.storage.removeItem(this.name);
    } finally {
      this.tell({ ended: state.session, reason });
      this.announce(state.session, reason);
    }
  }

  /** A worker has no localStorage; what it hears is all that it knows. */
  private get isOnlyTold(): boolean {
    return !this.isBody && !localStorageIfAny();
  }

  private tell(message: Message): void {
    this.channel?.postMessage(message);
  }

  private async hear(message: Message): Promise<void> {
    if ('ended' in message) {
      if (message.ended !== this.known) return;
      // A worker that has signed out could not remove what pages have kept, nor a page what workers have.
      if (!this.isBody && (await this.read())?.session === message.ended)
        await this.storage.removeItem(this.name);
      this.announce(message.ended, message.reason);
      return;
    }
    const { session } = message;
    const before = this.known;
    if (this.isBody) {
      if (!(await this.isKept(session))) return;
    } else {
      this.known = session;
      if (this.isOnlyTold) await this.storage.setItem(this.name, JSON.stringify(message));
    }
    if (before !== null && before !== session) this.announce(before, 'replaced');
  }

  /** Whether what another tab has kept is kept here, too. `sessionStorage` is each tab's own; `localStorage` may be late. */
  private async isKept(session: string): Promise<boolean> {
    if ((await this.read())?.session === session) return true;
    await sleep(LATE_SECONDS);
    return (await this.read())?.session === session;
  }

  private announce(session: string, reason: SignedOutReason): void {
    if (this.known === session) this.known = null;
    if (this.announced.has(session)) return;
    this.announced.add(session);
    this.onSignedOut?.(reason);
  }
}
