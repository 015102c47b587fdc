import type { Tally } from './tally.js';

/** Up to which line the lines of each process have been sent, so that a gap reveals a removed segment. */
export class SentLines {
  private readonly upTo = new Map<string, number>();
  /** Processes some of whose lines another process sends, so that gaps between theirs are expected. */
  private readonly shared = new Set<string>();

  /** @param self the process itself, whose lines are counted from its first one. */
  constructor(private readonly self: string) {
    this.upTo.set(self, 0);
  }

  /** Notes a sent segment. Returns the number of lines missing between it and the previous one of the same process. */
  add({ owner, first, lines }: Tally): number {
    const before = this.upTo.get(owner) ?? first;
    this.upTo.set(owner, first + lines);
    return this.shared.has(owner) ? 0 : Math.max(0, first - before);
  }

  /** Notes that another process has taken over a segment of this one. */
  noteShared(owner: string): void {
    this.shared.add(owner);
  }

  /**
   * Notes that no more segments of the process are waiting. If it was only suspended, it sends its next lines itself,
   * so that they are not missing if later segments are taken over.
   */
  forget(owner: string): void {
    if (owner === this.self) return;
    this.upTo.delete(owner);
    this.shared.delete(owner);
  }
}
