import { Logger } from '@nestjs/common';
import type { MasterKey } from '../../platform/crypto/master-key.js';
import { secretLackedBy, TALLY_SUFFIX } from './tally.js';

/**
 * Recognises segments of other processes whose codes were made with a master secret that is not known. They are left where
 * they are, because their records would count as forged.
 */
export class LackingSegments {
  private readonly logger = new Logger(LackingSegments.name);
  private readonly reported = new Set<string>();

  constructor(private readonly key: MasterKey) {}

  /** Whether a file is such a segment, or its tally. Each segment is logged once. */
  includes(file: string): boolean {
    const segment = file.endsWith(TALLY_SUFFIX) ? file.slice(0, -TALLY_SUFFIX.length) : file;
    const keyId = secretLackedBy(segment, this.key);
    if (keyId === null) return false;
    if (!this.reported.has(segment))
      this.logger.error(
        `${segment} is not sent: its records were made with the secret with the key id ${keyId}; ` +
          'name that secret in JWT_SECRET_KEY_PREVIOUS until the file is gone',
      );
    this.reported.add(segment);
    return true;
  }
}
