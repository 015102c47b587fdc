import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { type Checkpoint, checkpointOf } from '../seals/checkpoint.js';
import { CheckpointFile } from '../seals/checkpoint-file.js';
import type { Seal } from '../seals/seal.js';
import { SealTrust } from '../seals/seal-trust.js';
import { SealsRepository } from '../seals/seals.repository.js';
import { CheckpointCheck } from './checkpoint-check.js';
import { type Fault, sealFault } from './fault.js';
import { CHAIN_START, type ChainEnd } from './seal-check.js';
import { type Pace, VerificationPace } from './pace.js';
import { TrailWalk } from './trail-walk.js';
import { VerifiedSoFar } from './verified-so-far.js';

/** Which part of the trail to verify, and what to compare it with. */
export interface VerificationOptions {
  /** Verifies only what was sealed in this range. By default, verifies the whole trail, including unsealed entries. */
  readonly from?: Date;
  readonly to?: Date;
  /** Checkpoints from elsewhere, in addition to those kept by this installation. */
  readonly checkpoints?: readonly Checkpoint[];
  /** Aborts the verification between two seals. It then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** How the verification shares the process with other work; by default not at all. */
  readonly pace?: Pace;
  /** Called with the number of entries verified so far. */
  readonly onProgress?: (entries: number) => void;
}

/** The result of a verification, and the newest seal verified. A broken trail is a result, not an error. */
export interface Verification {
  readonly intact: boolean;
  /** How many entries were verified. */
  readonly entries: number;
  /** How many of them have lost their personal members, because a person was erased. */
  readonly erased: number;
  readonly from: string | null;
  readonly to: string;
  readonly firstFault: Fault | null;
  /** The newest seal verified, and the public key for its signature; null if nothing is sealed yet. */
  readonly checkpoint: (Checkpoint & { readonly publicKey: string }) | null;
}

interface RunOptions extends VerificationOptions {
  /** Called for each link up to which no fault was found. */
  readonly onLink?: (end: ChainEnd) => void;
}

/** Verifies that the trail is unchanged since it was written. */
@Injectable()
export class AuditVerification {
  /** Where to continue after a fault, once the caller has processed it and called again. */
  private behindFault: ChainEnd | null = null;

  constructor(
    private readonly trail: TrailWalk,
    private readonly seals: SealsRepository,
    private readonly kept: CheckpointFile,
    private readonly trust: SealTrust,
    private readonly clock: Clock,
    private readonly progress: VerifiedSoFar,
  ) {}

  /** Verifies the whole trail or a part of it. Throws `dependency_unavailable` if PostgreSQL is unavailable. */
  async verify(options: VerificationOptions = {}): Promise<Verification> {
    return (await this.run(options.from ?? CHAIN_START, options)).verification;
  }

  /**
   * Verifies what was sealed since the last call, by this process or the previous one, against the chain as it was
   * then. The first call verifies everything. Intended for a schedule: each fault is reported once, and again if the
   * process ended before the next call. If the signal aborts it, the next call continues from there. Requests are answered
   * meanwhile.
   */
  async verifyNew(signal?: AbortSignal): Promise<Verification> {
    if (this.behindFault) this.progress.stop(this.behindFault);
    this.behindFault = null;
    const last = this.progress.read();
    const [now] = last.number === 0 ? [last] : await this.seals.after(last.number - 1, 1);
    const isThere = now?.number === last.number && now.hash === last.hash;
    // If the chain was replaced or shortened, even by retention, nothing is known about it any more.
    const { verification, end } = await this.run(isThere ? last : CHAIN_START, {
      ...(signal && { signal }),
      pace: new VerificationPace(),
      onLink: (link) => this.progress.pass(link),
    });
    const firstFault = verification.firstFault ?? (isThere ? null : lossOf(last, now, end));
    if (firstFault) this.behindFault = end;
    else this.progress.stop(end);
    return { ...verification, intact: firstFault === null, firstFault };
  }

  private async run(
    start: ChainEnd | Date,
    { from, to, checkpoints = [], onProgress, onLink, pace, signal }: RunOptions,
  ) {
    const now = this.clock.now();
    await this.trust.load();
    const check = new CheckpointCheck([...this.kept.read(), ...checkpoints], this.trust);
    // An end in the future is ignored; otherwise, unsealed entries would be left out.
    const until = to && to < now ? to : null;
    let end = start instanceof Date ? CHAIN_START : start;
    let last = 0;
    let newest: Seal | null = null;
    let entries = 0;
    let erased = 0;
    let firstFault: Fault | null = null;
    for await (const step of this.trail.walk({ start, until, ...(pace && { pace }) })) {
      signal?.throwIfAborted();
      const replaced = 'seal' in step ? check.faultOf(step.seal) : null;
      firstFault ??= replaced ?? step.faults[0] ?? null;
      if (step.kind === 'range' || step.kind === 'unsealed') {
        entries += step.entries;
        erased += step.erased;
      }
      if (step.kind === 'range') {
        const { number, hash, toPosition } = step.seal;
        end = { number, hash, toPosition };
        newest = step.seal;
        if (firstFault === null) onLink?.(end);
      }
      if (step.kind === 'end') last = step.number;
      onProgress?.(entries);
    }
    firstFault ??= check.cutAfter(Math.max(end.number, last), until);
    const verification: Verification = {
      intact: firstFault === null,
      entries,
      erased,
      from: from?.toISOString() ?? null,
      to: (until ?? now).toISOString(),
      firstFault,
      checkpoint: newest && { ...checkpointOf(newest), publicKey: this.trust.publicKeyOf(newest) },
    };
    return { verification, end };
  }
}

/** Returns a fault if the chain no longer contains the link verified last, unless retention dropped it. */
function lossOf({ number }: ChainEnd, now: ChainEnd | undefined, end: ChainEnd): Fault | null {
  if (now?.number === number)
    return sealFault(number, 'seal_replaced', 'The seal differs from the one verified before.');
  if (end.number < number)
    return sealFault(end.number + 1, 'tail_cut', `The trail was once verified up to seal ${number}.`);
  return null;
}
