/** How many callers are tracked; more than fit into a spool of the usual size. */
const MAX_CALLERS = 200_000;

/** Tracks how much of the spool each caller uses, so that no caller can fill it for all. */
export class SpoolShares {
  private readonly bytes = new Map<string, number>();

  constructor(private readonly maxBytesOfOne: number) {}

  /** Adds bytes to a caller's share. */
  add(caller: string, bytes: number): void {
    const sum = this.bytes.get(caller);
    if (sum !== undefined || this.bytes.size < MAX_CALLERS) this.bytes.set(caller, (sum ?? 0) + bytes);
  }

  /** Whether a caller has used up its share. */
  isUsedUp(caller: string): boolean {
    return (this.bytes.get(caller) ?? 0) >= this.maxBytesOfOne;
  }

  /** Resets all shares, because the spool is empty. */
  clear(): void {
    this.bytes.clear();
  }
}
