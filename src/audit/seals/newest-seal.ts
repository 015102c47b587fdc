import { Injectable, Logger } from '@nestjs/common';
import { UsableSecrets } from '../../platform/crypto/usable-secrets.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Month } from '../partitions/month.js';
import { firstGenuine } from './first-genuine.js';
import { type GenuineEnd, statementHash } from './seal.js';
import { SealTrust } from './seal-trust.js';
import { SealsRepository } from './seals.repository.js';

/**
 * Finds the newest seal created by the service. The service's database role may insert any row, and if sealing
 * continued from a forged seal, all later entries could be outside every range, or the forgery would be confirmed.
 * Forged seals are skipped; verification reports them, which raises `audit_chain_broken`.
 */
@Injectable()
export class NewestSeal {
  private readonly logger = new Logger(NewestSeal.name);
  private reported = 0;

  constructor(
    private readonly seals: SealsRepository,
    private readonly trust: SealTrust,
    private readonly secrets: UsableSecrets,
  ) {}

  /**
   * Returns the newest genuine seal, optionally of one month; null if there is none. Throws if PostgreSQL is
   * unavailable.
   */
  async read(tx?: Transaction, month?: Month): Promise<GenuineEnd | null> {
    await this.secrets.assertUsable();
    const newest = await firstGenuine(
      (page) => this.seals.newest({ ...page, month }, tx),
      async (seal) => {
        const isGenuine = statementHash(seal.from) === seal.hash && (await this.trust.recognises(seal, tx));
        if (!isGenuine) await this.report(seal.number);
        return isGenuine;
      },
    );
    if (newest === null) return null;
    const { from: _statement, mac: _mac, ...end } = newest;
    return { ...end, madeWith: this.trust.madeWith(newest) };
  }

  private async report(number: number): Promise<void> {
    if (number === this.reported) return;
    // Others may have made it with a secret that this instance lacks.
    await this.secrets.renew();
    this.reported = number;
    this.logger.error({ number }, 'Skipped a forged seal of the audit trail.');
  }
}
