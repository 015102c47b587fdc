import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SecretDependants } from '../../platform/crypto/secret-dependants.js';
import { internalOrigin } from '../../platform/http/origin.js';
import { AuditService } from '../audit.service.js';
import { NewestSeal } from './newest-seal.js';

/**
 * The trail depends on a master secret until a seal has changed the key. Only entries are sealed, so the change is recorded
 * as one, which the first seal of the new key contains.
 */
@Injectable()
export class TrailDependence implements OnModuleInit {
  constructor(
    private readonly newest: NewestSeal,
    private readonly audit: AuditService,
    private readonly dependants: SecretDependants,
  ) {}

  onModuleInit(): void {
    this.dependants.register({
      variable: 'JWT_SECRET_KEY',
      kind: 'audit-trail',
      count: async ({ keyId }) => ((await this.newest.read())?.madeWith === keyId ? 1 : 0),
      rewrite: async ({ variable, keyId, isSettled }) => {
        if (isSettled && (await this.newest.read())?.madeWith === keyId) await this.record(variable, keyId);
        return false;
      },
    });
  }

  private async record(variable: string, formerKeyId: string): Promise<void> {
    const origin = internalOrigin('secret-change');
    await this.audit.recordAlone({
      type: 'secret_changed',
      outcome: 'success',
      origin,
      details: { variable, formerKeyId },
    });
  }
}
