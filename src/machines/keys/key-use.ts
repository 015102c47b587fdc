import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { InBackground } from '../../platform/background/in-background.decorator.js';
import { LatestTimes } from '../../platform/memory/latest-times.js';
import type { ApiKey } from './api-key.entity.js';
import { ApiKeysRepository } from './api-keys.repository.js';

/** Half of the minute by which a reported time may lag. */
const INTERVAL_MS = 30_000;

/**
 * Records when keys were last used. A request costs one entry in a map; every half minute the keys that were used are
 * written to PostgreSQL. A process that is killed loses its last half minute.
 */
@Injectable()
export class KeyUse {
  private readonly used: LatestTimes;

  constructor(keys: ApiKeysRepository, clock: Clock) {
    this.used = new LatestTimes((batch) => keys.noteUsed(batch), clock);
  }

  /** Records that a key is used now. */
  note(keyId: string): void {
    this.used.note(keyId);
  }

  /** The latest known use: one that any instance has written, or that this process has noted; null if there is none. */
  of({ id, lastUsedAt }: Pick<ApiKey, 'id' | 'lastUsedAt'>): Date | null {
    const latest = Math.max(lastUsedAt?.getTime() ?? 0, this.used.of(id));
    return latest === 0 ? null : new Date(latest);
  }

  /** Writes a batch; returns whether there is more. Entries that could not be written are kept. */
  @InBackground({ pauseMs: INTERVAL_MS, runsAtEnd: true })
  async write(): Promise<boolean> {
    return this.used.write();
  }
}
