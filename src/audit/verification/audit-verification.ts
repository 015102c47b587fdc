import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { type Checkpoint, checkpointOf } from '../seals/checkpoint.js';
import { CheckpointFile } from '../seals/checkpoint-file.js';
import { SealKey } from '../seals/seal-key.js';
import { CheckpointCheck } from './checkpoint-check.js';
import type { Fault } from './fault.js';
import { CHAIN_START, type ChainEnd } from './seal-check.js';
import { TrailWalk } from './trail-walk.js';

export interface VerificationOptions {
  /** Only what was sealed since, and until; without them the whole trail, and what no seal covers yet. */
  readonly from?: Date;
  readonly to?: Date;
  /** Checkpoints from elsewhere, in addition to those that this installation keeps. */
  readonly checkpoints?: readonly Checkpoint[];
  /** Told how many entries are verified, as it goes. */
  readonly onProgress?: (entries: number) => void;
}

export interface Verification {
  readonly intact: boolean;
  /** How many entries were verified. */
  readonly entries: number;
  readonly from: string | null;
  readonly to: string;
  readonly firstFault: Fault | null;
  /** The newest seal verified, and the public key for its signature; null when nothing is sealed yet. */
  readonly checkpoint: (Checkpoint & { readonly publicKey: string }) | null;
}

/** Tells whether the trail is what was once written. */
@Injectable()
export class AuditVerification {
  private verifiedTo: ChainEnd = CHAIN_START;

  constructor(
    private readonly trail: TrailWalk,
    private readonly kept: CheckpointFile,
    private readonly key: SealKey,
    private readonly clock: Clock,
  ) {}

  /** Verifies the whole trail or a part of it; throws `dependency_unavailable` when PostgreSQL is away. */
  async verify(options: VerificationOptions = {}): Promise<Verification> {
    return (await this.run(options.from ?? CHAIN_START, options)).verification;
  }

  /**
   * Verifies what was sealed since the last call, against the chain as it was then; the first call verifies all.
   * For a schedule: it tells of each fault once.
   */
  async verifyNew(): Promise<Verification> {
    const { verification, end } = await this.run(this.verifiedTo, {});
    this.verifiedTo = end;
    return verification;
  }

  private async run(start: ChainEnd | Date, { from, to, checkpoints = [], onProgress }: VerificationOptions) {
    const now = this.clock.now();
    const check = new CheckpointCheck([...this.kept.read(), ...checkpoints], this.key);
    // What has not come yet is no end: with one, what no seal covers yet would be left out.
    const until = to && to < now ? to : null;
    let end = start instanceof Date ? CHAIN_START : start;
    let newest: Checkpoint | null = null;
    let entries = 0;
    let firstFault: Fault | null = null;
    for await (const step of this.trail.walk({ start, until })) {
      const replaced = step.seal && check.faultOf(step.seal);
      firstFault ??= replaced ?? step.faults[0] ?? null;
      entries += step.entries;
      if (step.seal) {
        end = step.seal;
        newest = checkpointOf(step.seal);
      }
      onProgress?.(entries);
    }
    firstFault ??= check.cutAfter(end.number, until);
    const verification: Verification = {
      intact: firstFault === null,
      entries,
      from: from?.toISOString() ?? null,
      to: (until ?? now).toISOString(),
      firstFault,
      checkpoint: newest && { ...newest, publicKey: this.key.publicKey },
    };
    return { verification, end };
  }
}
