import type { SignedOutReason } from './types.js';

/** A session, and the id of its account. */
export interface Identity {
  readonly session: string;
  readonly user: string;
}

/**
 * The session that a tab knows, which is the one that the storage last showed. It is over if the storage shows none or that of
 * another account, or if an answer or a message of another tab says so. `onSignedOut` is called once per session, whichever of
 * these reveals it first; not for a session that another one of the same account or a login in this tab replaces. From then on,
 * it is past, and ignored if the storage shows it. If that was a mistake, `confirm` undoes it: what the service has answered
 * later is not over.
 */
export class KnownSession {
  private known: Identity | null = null;
  private own: string | null = null;
  /** Sessions that were left or are over. The storage may show them a while longer. */
  private readonly past = new Set<string>();
  /** Past sessions whose end needs no call of `onSignedOut` any more. */
  private readonly announced = new Set<string>();
  private readonly reasons = new Map<string, SignedOutReason>();

  constructor(private readonly onSignedOut: ((reason: SignedOutReason) => void) | undefined) {}

  /** The same object as long as it is the same session. Null where nobody is known to be signed in. */
  get current(): Identity | null {
    return this.known;
  }

  /** Whether this is a session of another account, and not one that was left before. */
  isOfAnother(before: Identity | null, { session, user }: Identity): boolean {
    return before !== null && before.user !== user && !this.past.has(session);
  }

  /** This tab signs in itself; its user need not be told. */
  expect(session: string): void {
    this.own = session;
    this.confirm(session);
  }

  /** The service has answered for this session after all that was noted of it. It may end again, and is then announced again. */
  confirm(session: string): void {
    this.past.delete(session);
    this.announced.delete(session);
    this.reasons.delete(session);
  }

  /** Another tab has told of a session, which the storage may show later. */
  replaceBy(told: Identity): void {
    if (this.known !== null && this.isOfAnother(this.known, told))
      this.announce(this.known.session, 'replaced');
  }

  /** Takes the session that the storage has, or that it has none. */
  take(next: Identity | null): void {
    const before = this.known;
    if (next !== null && (next.session === before?.session || this.past.has(next.session))) return;
    this.known = next && { session: next.session, user: next.user };
    if (before === null) return;
    this.past.add(before.session);
    // An empty storage does not say why; most often, the user has signed out.
    if (next === null) this.announce(before.session, 'logout');
    else if (next.session !== this.own && next.user !== before.user)
      this.announce(before.session, 'replaced');
    else this.announced.add(before.session);
  }

  /** Whoever notices the end of this session from now on, this is its reason. */
  noteReason(session: string, reason: SignedOutReason): void {
    if (!this.reasons.has(session)) this.reasons.set(session, reason);
  }

  /** Calls `onSignedOut`, unless it was called for this session before. */
  announce(session: string, reason: SignedOutReason): void {
    if (this.known?.session === session) this.known = null;
    this.past.add(session);
    if (this.announced.has(session)) return;
    this.announced.add(session);
    this.onSignedOut?.(this.reasons.get(session) ?? reason);
  }
}
