import { Subject, type Observable } from 'rxjs';

/** Consecutive failures that are ignored; the next one opens the breaker. */
const TOLERATED_FAILURES = 1;

/**
 * Circuit breaker for Redis. Opens on the second failure in a row or by {@link open}, and closes only by {@link close},
 * which the heartbeat calls. cockatiel is not used: its half-open breaker sends a user's request as the trial, whereas
 * here the heartbeat is the trial, so no request ever waits for a server that is known to be unavailable.
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
