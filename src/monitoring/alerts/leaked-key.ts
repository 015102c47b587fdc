import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Leak } from '../../machines/leaks/leak-report.js';
import { LeakResponse } from '../../machines/leaks/leak-response.js';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { AlertKind } from './alert-kind.js';
import { AlertRaiser } from './alert-raiser.js';

/** An API key was found in a public place; others may have used it before it was revoked. */
export const LEAKED_KEY: AlertKind = { name: 'leaked_key', severity: 'critical', quietSeconds: null };

/** Raises {@link LEAKED_KEY} with the places, which are not recorded in the trail, because they may identify a person. */
@Injectable()
export class LeakedKeyAlert implements OnModuleInit {
  constructor(
    private readonly leaks: LeakResponse,
    private readonly raiser: AlertRaiser,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.leaks.onLeak((tx, leak) => this.raise(tx, leak));
  }

  private async raise(
    tx: Transaction,
    { keyId, userId, serviceAccountId, urls, sources }: Leak,
  ): Promise<void> {
    const now = this.clock.now();
    await this.raiser.raise(tx, [
      {
        kind: LEAKED_KEY,
        subject: `key:${keyId}`,
        count: 1,
        firstSeenAt: now,
        lastSeenAt: now,
        evidence: {
          summary: 'An API key was found in a public place and has been revoked.',
          urls,
          sources,
          userIds: userId === null ? [] : [userId],
          serviceAccountId,
        },
      },
    ]);
  }
}
