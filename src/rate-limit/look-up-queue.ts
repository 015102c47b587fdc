import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problem } from '../platform/errors/problem.js';

/** The number of look-ups of a network that run at a time: few of the connections of the pool. */
const RUNNING = 2;

/** The maximum number of look-ups of a network that wait. */
const MAX_WAITING = 500;

/** The longest wait, milliseconds: as long as for a connection of the pool. */
const MAX_WAIT_MS = 900;

interface Waiting {
  readonly sinceMs: number;
  readonly start: () => void;
  readonly refuse: (refusal: Problem) => void;
}

interface Line {
  running: number;
  readonly waiting: Waiting[];
}

/**
 * Runs a few look-ups of each network at a time, the others after them in the order in which they came, so that no network
 * occupies the pool. One whose client has left keeps its turn, because requests that were sent are carried out in any case.
 */
export class LookUpQueue {
  private readonly lines = new Map<string, Line>();

  /** The number of networks with look-ups that run or wait. */
  get size(): number {
    return this.lines.size;
  }

  /** Runs a look-up in its turn. Throws `dependency_unavailable` if that would take too long. */
  async run<T>(network: string, lookUp: () => Promise<T>): Promise<T> {
    const line = this.lines.get(network) ?? { running: 0, waiting: [] };
    this.lines.set(network, line);
    if (line.running < RUNNING) line.running += 1;
    else await waitIn(line);
    try {
      return await lookUp();
    } finally {
      this.startNext(network, line);
    }
  }

  private startNext(network: string, line: Line): void {
    const nowMs = performance.now();
    let next = line.waiting.shift();
    // The turns come at least as often as statements reach their deadline, so this needs no timer.
    while (next && nowMs - next.sinceMs > MAX_WAIT_MS) {
      next.refuse(tooLong());
      next = line.waiting.shift();
    }
    if (next) next.start();
    else line.running -= 1;
    if (line.running === 0) this.lines.delete(network);
  }
}

async function waitIn({ waiting }: Line): Promise<void> {
  if (waiting.length >= MAX_WAITING) throw tooLong();
  await new Promise<void>((start, refuse) => {
    waiting.push({ sinceMs: performance.now(), start, refuse });
  });
}

const tooLong = () => new Problem(PlatformErrors.dependency_unavailable, { retryAfterSeconds: 1 });
