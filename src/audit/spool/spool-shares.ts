import type { Segment } from './segment.js';

/** How many callers are tracked; more than fit into a spool of the usual size. */
const MAX_CALLERS = 200_000;

type BytesByCaller = Map<string, number>;

/**
 * Tracks how much of the spool each caller uses, so that no caller can fill it for all. Bytes are given back with the
 * segment that contains them, because in steady traffic the spool is never empty.
 */
export class SpoolShares {
  private readonly used: BytesByCaller = new Map();
  private readonly bySegment = new Map<Segment, BytesByCaller>();
  /** Of lines that are in no segment yet. */
  private readonly unwritten: BytesByCaller = new Map();

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
  assignTo(segment: Segment): void {
    const ofSegment = this.bySegment.get(segment) ?? new Map<string, number>();
    for (const [caller, bytes] of this.unwritten) increase(ofSegment, caller, bytes);
    this.bySegment.set(segment, ofSegment);
    this.unwritten.clear();
  }

  /** Gives back the bytes of lines that are in no segment yet, because they are lost. */
  discard(): void {
    this.giveBack(this.unwritten);
    this.unwritten.clear();
  }

  /** Gives back the bytes of a segment that is sent. */
  release(segment: Segment): void {
    const ofSegment = this.bySegment.get(segment);
    if (ofSegment) this.giveBack(ofSegment);
    this.bySegment.delete(segment);
  }

  private giveBack(returned: BytesByCaller): void {
    for (const [caller, bytes] of returned) {
      const left = (this.used.get(caller) ?? 0) - bytes;
      if (left > 0) this.used.set(caller, left);
      else this.used.delete(caller);
    }
  }
}

function increase(sums: BytesByCaller, caller: string, bytes: number): void {
  sums.set(caller, (sums.get(caller) ?? 0) + bytes);
}
