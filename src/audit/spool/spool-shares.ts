/** Callers whose bytes are counted; more than fit into a spool of the usual size. */
const MAX_CALLERS = 200_000;

/** How much of what waits in the spool each caller has written, so that none can fill it for all. */
export class SpoolShares {
  private readonly bytes = new Map<string, number>();

  constructor(private readonly maxBytesOfOne: number) {}

  /** Counts what a caller adds. */
  add(caller: string, bytes: number): void {
    const sum = this.bytes.get(caller);
    if (sum !== undefined || this.bytes.size < MAX_CALLERS) this.bytes.set(caller, (sum ?? 0) + bytes);
  }

  /** Whether a caller has used up its share. */
  isUsedUp(caller: string): boolean {
    return (this.bytes.get(caller) ?? 0) >= this.maxBytesOfOne;
  }

  /** Nothing waits any more. */
  clear(): void {
    this.bytes.clear();
  }
}
