import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import type { ApiKey } from './api-key.entity.js';
import { ApiKeysRepository, type UsedKeyTime } from './api-keys.repository.js';

/** Half of the minute by which a reported time may lag. */
const INTERVAL_MS = 30_000;

/** Rows that one statement locks for a few milliseconds; a revocation of one of them waits that long. */
const BATCH = 1000;

/** Keys that are remembered while PostgreSQL is unavailable, about 100 bytes each; further ones are dropped. */
const CAPACITY = 100_000;

/**
 * Records when keys were last used. A request costs one entry in a map; every half minute the keys that were used are
 * written to PostgreSQL. A process that is killed loses its last half minute.
 */
@Injectable()
export class KeyUse implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly used = new Map<string, number>();
  private readonly task = new RepeatingTask(KeyUse.name, () => this.write(), { pauseMs: INTERVAL_MS });

  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.task.startResting();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.finish();
  }

  /** Records that a key is used now. */
  note(keyId: string): void {
    if (this.used.size >= CAPACITY && !this.used.has(keyId)) return;
    this.used.set(keyId, this.clock.nowMs());
  }

  /** The latest known use: one that any instance has written, or that this process has noted; null if there is none. */
  of({ id, lastUsedAt }: Pick<ApiKey, 'id' | 'lastUsedAt'>): Date | null {
    const latest = Math.max(lastUsedAt?.getTime() ?? 0, this.used.get(id) ?? 0);
    return latest === 0 ? null : new Date(latest);
  }

  /** Writes a batch; returns whether there is more. Entries that could not be written are kept. */
  async write(): Promise<boolean> {
    const batch: UsedKeyTime[] = [];
    for (const entry of this.used) {
      if (batch.push(entry) === BATCH) break;
    }
    if (batch.length === 0) return false;
    await this.keys.noteUsed(batch);
    for (const [id, ms] of batch) if (this.used.get(id) === ms) this.used.delete(id);
    return batch.length === BATCH;
  }
}
