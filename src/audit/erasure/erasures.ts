import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { Environment } from '../../platform/config/environment.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Actor } from '../../platform/http/origin.js';
import { ErasureProof } from './erasure-proof.js';
import { ErasuresRepository, type NewErasure } from './erasures.repository.js';

const HOUR_MS = 3_600_000;

/** Requests erasures, which the background task carries out. */
@Injectable()
export class Erasures {
  constructor(
    private readonly erasures: ErasuresRepository,
    private readonly proof: ErasureProof,
    private readonly environment: Environment,
    private readonly clock: Clock,
  ) {}

  /**
   * Requests, in the transaction that deletes a person's account, that their data be erased: within 20 s, or
   * `ERASURE_DELAY_HOURS` later. A row that exists is replaced: the account existed until now.
   * `actor` is whoever deleted the account, if it was not its owner.
   */
  async request(tx: Transaction, userId: string, actor: Actor | null): Promise<void> {
    await this.erasures.insert(tx, this.requested(userId, actor));
  }

  /**
   * Requests the erasure of a person who has no account, unless it was requested before. Returns whether it was not. An
   * unfinished request whose code is missing or wrong does not count, and is replaced with all that its row claims.
   */
  async requestUnlessKnown(tx: Transaction, userId: string, actor: Actor | null): Promise<boolean> {
    const request = this.requested(userId, actor);
    if (await this.erasures.insertNew(tx, request)) return true;
    const pending = await this.erasures.claim(tx, userId);
    if (pending === null || this.proof.isCoded(pending)) return false;
    await this.erasures.insert(tx, request);
    return true;
  }

  private requested(userId: string, actor: Actor | null): NewErasure {
    const deletedAt = this.clock.now();
    const dueAt = new Date(deletedAt.getTime() + this.environment.ERASURE_DELAY_HOURS * HOUR_MS);
    const request = { userId, actor: actor && withoutReason(actor) };
    return { ...request, deletedAt, dueAt, mac: this.proof.codeOf(request) };
  }
}

/** The reason is free text, and may be about the person. */
function withoutReason({ auditReason: _auditReason, ...actor }: Actor): Actor {
  return actor;
}
