import { Injectable, Logger } from '@nestjs/common';
import { InBackground } from '../background/in-background.decorator.js';
import type { SecretInUse } from '../crypto/secret-dependants.js';
import { UsableSecrets } from '../crypto/usable-secrets.js';
import { Dependants } from './dependants.js';
import { SecretKeysRepository } from './secret-keys.repository.js';
import { SecretReport } from './secret-report.js';

const PAUSE_MS = 30_000;

/**
 * Rewrites what depends on old secrets, in batches, and releases an old secret once nothing depends on it. Only the leader
 * does so, and only while there is an old secret.
 */
@Injectable()
export class SecretRewriting {
  private readonly logger = new Logger(SecretRewriting.name);

  constructor(
    private readonly repository: SecretKeysRepository,
    private readonly dependants: Dependants,
    private readonly report: SecretReport,
    private readonly usable: UsableSecrets,
  ) {}

  /**
   * Rewrites one batch of what depends on old secrets with which no instance makes values any more. Returns whether there may
   * be more, so that the end of the process waits for one batch at most.
   */
  @InBackground({ pauseMs: PAUSE_MS, onLeader: true })
  async run(): Promise<boolean> {
    await this.usable.assertUsable();
    for (const secret of (await this.repository.inUse()).filter(({ isSettled }) => isSettled)) {
      if (await this.rewriteBatch(secret)) return true;
      if (await this.report.releaseIfUnused(secret))
        this.logger.log(`Nothing depends on the ${secret.variable} of key id ${secret.keyId} any more`);
    }
    return false;
  }

  private async rewriteBatch(secret: SecretInUse): Promise<boolean> {
    for (const { rewrite } of this.dependants.of(secret)) if (await rewrite?.(secret)) return true;
    return false;
  }
}
