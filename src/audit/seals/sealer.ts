import { Injectable } from '@nestjs/common';
import { TransactionRunner, type Transaction } from '../../platform/database/transaction-runner.js';
import { EntriesRepository } from '../entry/entries.repository.js';
import type { SealEnd } from './seal.js';
import { SealChain } from './seal-chain.js';
import { SealsRepository } from './seals.repository.js';

/**
 * Maximum entries of each table in one seal, except those of the same transaction; of each, 100 KB to read, and 2 ms to
 * hash, at a time. Smaller seals cost more for each entry, because every seal takes a transaction of seven statements.
 */
const SEAL_LIMIT = 2000;

/** The result of an attempt to seal. */
export interface SealOutcome {
  /** The newest seal, whichever instance created it; null if there is none, or none since the last attempt. */
  readonly newest: SealEnd | null;
  /** Whether more entries are already waiting. */
  readonly more: boolean;
}

/** Seals entries into the chain. Any number of instances may try; an advisory lock admits one at a time. */
@Injectable()
export class Sealer {
  /** The highest position known to be sealed. */
  private sealedTo = 0;

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly seals: SealsRepository,
    private readonly entries: EntriesRepository,
    private readonly chain: SealChain,
  ) {}

  /**
   * Seals the next final entries, which are those below the oldest open transaction. An entry that commits late falls
   * into a later range and is never skipped.
   */
  async seal(): Promise<SealOutcome> {
    // On an idle service, this is nearly always the case, and every instance checks twice a second.
    if (!(await this.entries.existFrom(this.sealedTo))) return { newest: null, more: false };
    const sealing = await this.transactions.run((tx) => this.attempt(tx));
    this.sealedTo = sealing.newest?.toPosition ?? 0;
    return sealing;
  }

  private async attempt(tx: Transaction): Promise<SealOutcome> {
    const mayAppend = await this.seals.tryLock(tx);
    const last = await this.chain.last(tx);
    if (!mayAppend) return { newest: last, more: false };
    const { more, ...entries } = await this.entries.final(tx, last?.toPosition ?? 0, SEAL_LIMIT);
    if (entries.events + entries.calls === 0) return { newest: last, more: false };
    return { newest: await this.chain.append(tx, last, { ...entries, retired: [] }), more };
  }
}
