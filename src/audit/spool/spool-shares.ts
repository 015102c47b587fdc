import type { Segment } from './segment.js';

/** How many callers are tracked; more than fit into a spool of the usual size. */
const MAX_CALLERS = 200_000;

/** Bytes by caller. */
type Share = Map<string, number>;

/**
 * Tracks how much of the spool each caller uses, so that no caller can fill it for all. Bytes are given back with the
 * segment that contains them, because in steady traffic the spool is never empty.
 */
export class SpoolShares {
  private readonly used: Share = new Map();
  private readonly bySegment = new Map<Segment, Share>();
  /** Of lines that are in no segment yet. */
  private unwritten: Share = new Map();

  constructor(private readonly maxBytesOfOne: number) {}

  /** Adds the bytes of a line to a caller's share. */
  add(caller: string, bytes: number): void {
    if (this.used.size >= MAX_CALLERS && !this.used.has(caller)) return;
    increase(this.used, caller, bytes);
    increase(this.unwritten, caller, bytes);
  }

  /** Whether a caller has used up its share. */
  isUsedUp(caller: string): boolean {
    return (this.used.get(caller) ?? 0) >= this.maxBytesOfOne;
  }

  /** Notes that the lines added since the last call are in a segment. */
  written(to: Segment): void {
    const share = this.bySegment.get(to);
    if (share) for (const [caller, bytes] of this.unwritten) increase(share, caller, bytes);
    else this.bySegment.set(to, this.unwritten);
    if (share) this.unwritten.clear();
    else this.unwritten = new Map();
  }

  /** Gives back the bytes of lines that are lost. */
  lost(): void {
    this.giveBack(this.unwritten);
    this.unwritten = new Map();
  }

  /** Gives back the bytes of a segment that is sent. */
  sent(segment: Segment): void {
    const share = this.bySegment.get(segment);
    if (share) this.giveBack(share);
    this.bySegment.delete(segment);
  }

  private giveBack(share: Share): void {
    for (const [caller, bytes] of share) {
      const left = (this.used.get(caller) ?? 0) - bytes;
      if (left > 0) this.used.set(caller, left);
      else this.used.delete(caller);
    }
  }
}

function increase(share: Share, caller: string, bytes: number): void {
  share.set(caller, (share.get(caller) ?? 0) + bytes);
}
