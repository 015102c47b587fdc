import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { type Checkpoint, checkpointOf } from '../seals/checkpoint.js';
import { CheckpointFile } from '../seals/checkpoint-file.js';
import { SealKey } from '../seals/seal-key.js';
import { SealsRepository } from '../seals/seals.repository.js';
import { CheckpointCheck } from './checkpoint-check.js';
import { type Fault, sealFault } from './fault.js';
import { CHAIN_START, type ChainEnd } from './seal-check.js';
import { TrailWalk } from './trail-walk.js';
import { VerifiedSoFar } from './verified-so-far.js';

/** How much of the trail to verify, and what to hold it against. */
export interface VerificationOptions {
  /** Only what was sealed since, and until; without them the whole trail, and what no seal covers yet. */
  readonly from?: Date;
  readonly to?: Date;
  /** Checkpoints from elsewhere, in addition to those that this installation keeps. */
  readonly checkpoints?: readonly Checkpoint[];
  /** Ends the verification between two seals: it then throws the signal's reason, and calls nothing intact. */
  readonly signal?: AbortSignal;
  /** Told how many entries are verified, as it goes. */
  readonly onProgress?: (entries: number) => void;
}

/** The verdict on the trail, and the newest seal that it reaches; broken is an answer, not an error. */
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

interface RunOptions extends VerificationOptions {
  /** Told of each link up to which all is in order. */
  readonly onLink?: (end: ChainEnd) => void;
}

/** Tells whether the trail is what was once written. */
@Injectable()
export class AuditVerification {
  /** Where to go on behind a fault, once the caller has come back and so has taken it. */
  private behindFault: ChainEnd | null = null;

  constructor(
    private readonly trail: TrailWalk,
    private readonly seals: SealsRepository,
    private readonly kept: CheckpointFile,
    private readonly key: SealKey,
    private readonly clock: Clock,
    private readonly progress: VerifiedSoFar,
  ) {}

  /** Verifies the whole trail or a part of it; throws `dependency_unavailable` when PostgreSQL is away. */
  async verify(options: VerificationOptions = {}): Promise<Verification> {
    return (await this.run(options.from ?? CHAIN_START, options)).verification;
  }

  /**
   * Verifies what was sealed since the last call, of this process or the one before, against the chain as it was then;
   * the first call of all verifies all. For a schedule: it tells of each fault once, and of one that the process did
   * not live to hear again. When the signal ends it, the next call goes on from there.
   */
  async verifyNew(signal?: AbortSignal): Promise<Verification> {
    if (this.behindFault) this.progress.stop(this.behindFault);
    this.behindFault = null;
    const last = this.progress.read();
    const [now] = last.number === 0 ? [last] : await this.seals.after(last.number - 1, 1);
    const isThere = now?.number === last.number && now.hash === last.hash;
    // Of a chain that is not the one it was, retention's doing included, nothing is known any more.
    const { verification, end } = await this.run(isThere ? last : CHAIN_START, {
      ...(signal && { signal }),
      onLink: (link) => this.progress.pass(link),
    });
    const firstFault = verification.firstFault ?? (isThere ? null : lossOf(last, now, end));
    if (firstFault) this.behindFault = end;
    else this.progress.stop(end);
    return { ...verification, intact: firstFault === null, firstFault };
  }

  private async run(
    start: ChainEnd | Date,
    { from, to, checkpoints = [], onProgress, onLink, signal }: RunOptions,
  ) {
    const now = this.clock.now();
    const check = new CheckpointCheck([...this.kept.read(), ...checkpoints], this.key);
    // What has not come yet is no end: with one, what no seal covers yet would be left out.
    const until = to && to < now ? to : null;
    let end = start instanceof Date ? CHAIN_START : start;
    let newest: Checkpoint | null = null;
    let entries = 0;
    let firstFault: Fault | null = null;
    for await (const step of this.trail.walk({ start, until })) {
      signal?.throwIfAborted();
      const replaced = step.seal && check.faultOf(step.seal);
      firstFault ??= replaced ?? step.faults[0] ?? null;
      entries += step.entries;
      if (step.seal && !step.isForged) {
        const { number, hash, toPosition } = step.seal;
        end = { number, hash, toPosition };
        newest = checkpointOf(step.seal);
        if (firstFault === null) onLink?.(end);
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

/** The fault of a chain that no longer has the link that was verified last, unless retention dropped it. */
function lossOf({ number }: ChainEnd, now: ChainEnd | undefined, end: ChainEnd): Fault | null {
  if (now?.number === number)
    return sealFault(number, 'seal_replaced', 'The seal is not the one that was verified before.');
  if (end.number < number)
    return sealFault(end.number + 1, 'tail_cut', `The trail was once verified up to seal ${number}.`);
  return null;
}
