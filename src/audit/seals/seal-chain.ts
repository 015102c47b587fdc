import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Month } from '../partitions/month.js';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { EntrySigner } from '../entry/entry-signer.js';
import {
  type DroppedPartition,
  type GenuineEnd,
  NO_SEAL,
  proofOf,
  type Seal,
  SEAL_FORMAT,
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
    private readonly masterKey: MasterKey,
    private readonly clock: Clock,
  ) {}

  /** Returns the newest genuine link, optionally of one month; null if there is none. */
  async last(tx: Transaction, month?: Month): Promise<GenuineEnd | null> {
    return this.newest.read(tx, month);
  }

  /** Signs and stores the seal that follows `last`. The caller must hold the sealer's lock in this transaction. */
  async append(tx: Transaction, last: GenuineEnd | null, content: SealContent): Promise<Seal> {
    const { id, former } = await this.keyAfter(tx, last, content);
    const change =
      former === null
        ? null
        : { from: this.key.publicKeyOf(former), to: this.key.publicKeyOf(id), signature: '' };
    const statement = {
      format: SEAL_FORMAT,
      number: (last?.number ?? 0) + 1,
      time: await this.timeAfter(tx, last),
      fromPosition: last?.toPosition ?? 0,
      ...content,
      previous: last?.hash ?? NO_SEAL,
      keyChange: change,
    };
    const root = proofOf(statement);
    const hash = statementHash({ ...statement, proof: root });
    const signature = this.key.sign(hash, id);
    const mac = this.signer.mac(sealDigest({ hash, signature }), id);
    const keyChange = change && { ...change, signature: this.key.sign(hash, former!) };
    const seal = { ...statement, keyChange, hash, signature, mac };
    await this.seals.insert(tx, seal, root);
    return seal;
  }

  /**
   * Returns the master secret of the next seal and, if it changes, the former one. It changes once no instance makes entries
   * with the former one, and those that waited for a seal are sealed: entries after the change then all have codes of the new
   * one. A seal without entries, which records a dropped month, does not show whether others wait.
   */
  private async keyAfter(
    tx: Transaction,
    last: GenuineEnd | null,
    { events, calls, toPosition }: SealContent,
  ): Promise<{ id: string; former: string | null }> {
    const { id } = this.masterKey;
    if (last === null || last.madeWith === null || last.madeWith === id) return { id, former: null };
    const former = last.madeWith;
    const mayChange =
      events + calls > 0 &&
      this.masterKey.isSettled(former) &&
      !(await this.haveCodesOf(tx, former, last.toPosition, toPosition));
    return mayChange ? { id, former } : { id: former, former: null };
  }

  /** Whether a master secret made the code of an entry in a range of positions. */
  private async haveCodesOf(tx: Transaction, id: string, from: number, to: number): Promise<boolean> {
    const codes = await this.seals.codesOfEntries(tx, from, to);
    return codes.some(({ digest, mac }) => this.signer.madeWith(digest, mac) === id);
  }

  /**
   * The earlier of this instance's time and PostgreSQL's, so that one wrong clock cannot give its time to all later seals.
   * Never earlier than the last seal, even if the clocks of two instances differ, because months of seals are dropped
   * in order.
   */
  private async timeAfter(tx: Transaction, last: GenuineEnd | null): Promise<string> {
    const nowMs = Math.min(this.clock.nowMs(), (await this.seals.time(tx, this.clock)).getTime());
    const now = new Date(nowMs).toISOString();
    return last !== null && last.time > now ? last.time : now;
  }
}
