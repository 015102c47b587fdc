import { Subject, type Observable } from 'rxjs';

/** Consecutive failures that are taken for chance; the next one opens the breaker. */
const TOLERATED_FAILURES = 1;

/**
 * Whether Redis is worth asking. Opens on the second failure in a row or at once when told so, and closes only when
 * told so. Not cockatiel's: there a user's request is the trial of a half-open breaker, here the connection's own
 * heartbeat is, so that no request ever waits for a server that is known to be away.
 */
export class RedisBreaker {
  private readonly transitions = new Subject<'up' | 'down'>();
  private failures = 0;
  private up = false;

  readonly changes: Observable<'up' | 'down'> = this.transitions.asObservable();

  get isClosed(): boolean {
    return this.up;
  }

  succeeded(): void {
    this.failures = 0;
  }

  failed(): void {
    if (++this.failures > TOLERATED_FAILURES) this.open();
  }

  open(): void {
    this.become(false);
  }

  close(): void {
    this.failures = 0;
    this.become(true);
  }

  private become(up: boolean): void {
    if (this.up === up) return;
    this.up = up;
    this.transitions.next(up ? 'up' : 'down');
  }
}
