import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Month } from '../partitions/month.js';
import { EntrySigner } from '../entry/entry-signer.js';
import {
  type DroppedPartition,
  NO_SEAL,
  proofOf,
  type Seal,
  SEAL_FORMAT,
  type SealEnd,
  sealDigest,
  statementHash,
} from './seal.js';
import { NewestSeal } from './newest-seal.js';
import { SealKey } from './seal-key.js';
import { SealsRepository } from './seals.repository.js';

/** The contents of a new seal. Everything else follows from the previous seal. */
export interface SealContent {
  readonly events: number;
  readonly calls: number;
  /** See `members.ts`. */
  readonly members: Buffer;
  readonly toPosition: number;
  readonly retired: readonly DroppedPartition[];
}

/** Adds links to the chain of seals. */
@Injectable()
export class SealChain {
  constructor(
    private readonly seals: SealsRepository,
    private readonly newest: NewestSeal,
    private readonly key: SealKey,
    private readonly signer: EntrySigner,
    private readonly clock: Clock,
  ) {}

  /** Returns the newest genuine link, optionally of one month; null if there is none. */
  async last(tx: Transaction, month?: Month): Promise<SealEnd | null> {
    return this.newest.read(tx, month);
  }

  /** Signs and stores the seal that follows `last`. The caller must hold the sealer's lock in this transaction. */
  async append(tx: Transaction, last: SealEnd | null, content: SealContent): Promise<Seal> {
    const statement = {
      format: SEAL_FORMAT,
      number: (last?.number ?? 0) + 1,
      time: this.timeAfter(last),
      fromPosition: last?.toPosition ?? 0,
      ...content,
      previous: last?.hash ?? NO_SEAL,
    };
    const root = proofOf(statement);
    const hash = statementHash({ ...statement, proof: root });
    const signature = this.key.sign(hash);
    const seal = { ...statement, hash, signature, mac: this.signer.mac(sealDigest({ hash, signature })) };
    await this.seals.insert(tx, seal, root);
    return seal;
  }

  /**
   * Never earlier than the last seal, even if the clocks of two instances differ, because months of seals are dropped
   * in order.
   */
  private timeAfter(last: SealEnd | null): string {
    const now = this.clock.now().toISOString();
    return last !== null && last.time > now ? last.time : now;
  }
}
