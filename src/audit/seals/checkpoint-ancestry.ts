import { Injectable } from '@nestjs/common';
import type { Checkpoint } from './checkpoint.js';
import type { OldCheckpoints, Standing } from './checkpoint-file.js';
import { GenuineSeals } from './genuine-seals.js';
import { statementHash } from './seal.js';
import { SealsRepository } from './seals.repository.js';

/** Seals read in one statement, without their members. */
const PAGE = 500;

/** The most seals that are followed. If there are more between two checkpoints, the earlier one stays in the file. */
const MAX_LINKS = 100_000;

/**
 * Decides which checkpoints a later one proves: those to which the seals lead back from it, each of which contains the hash of
 * the one before. Whoever changes the database can neither make other seals lead there nor alter an earlier seal without
 * contradicting the later checkpoint. A fork of the chain therefore never proves the checkpoints of what it replaced.
 */
@Injectable()
export class CheckpointAncestry {
  constructor(
    private readonly seals: SealsRepository,
    private readonly genuine: GenuineSeals,
  ) {}

  /**
   * Follows the chain from the newest checkpoint back to the oldest of the old ones. Returns what is known about each; one of
   * a seal that retention has dropped counts as proven. Throws if PostgreSQL is unavailable.
   */
  async standings({ old, newest }: OldCheckpoints): Promise<(checkpoint: Checkpoint) => Standing> {
    const oldest = Math.max(
      newest.number - MAX_LINKS,
      old.reduce((least, { number }) => Math.min(least, number), newest.number),
    );
    const hashes = await this.hashesBefore(newest, oldest);
    const dropped = await this.lastDropped();
    return ({ number, hash }) => {
      const linked = hashes.get(number);
      if (linked === hash || number < dropped) return 'proven';
      return linked === undefined ? 'unknown' : 'contradicted';
    };
  }

  /** Returns the hashes of the seals that lead to a checkpoint, by their numbers. */
  private async hashesBefore({ number, hash }: Checkpoint, oldest: number): Promise<Map<number, string>> {
    const hashes = new Map([[number, hash]]);
    let next = { number, hash };
    let place: { number: number; time: string } | undefined = { number, time: 'infinity' };
    while (place !== undefined && next.number > oldest) {
      const page = await this.seals.linksBefore(place, PAGE);
      for (const seal of page) {
        // A forged seal may repeat a number.
        if (seal.number !== next.number || statementHash(seal.from) !== next.hash) continue;
        next = { number: next.number - 1, hash: seal.from.previous };
        hashes.set(next.number, next.hash);
      }
      const last = page.at(-1);
      place = page.length < PAGE || last!.number < next.number ? undefined : last;
    }
    return hashes;
  }

  /** Returns the number of the last seal that retention has dropped; 0 if it has dropped none. */
  private async lastDropped(): Promise<number> {
    let last = 0;
    for (const seal of await this.seals.withDroppedPartitions()) {
      if (!(await this.genuine.isGenuine(seal))) continue;
      for (const { lastSeal } of seal.retired) last = Math.max(last, lastSeal?.number ?? 0);
    }
    return last;
  }
}
