import { Injectable } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { InBackground } from '../background/in-background.decorator.js';
import { SecretsRepository } from './secrets.repository.js';

/** Rows deleted by one statement; few enough that it holds its locks only for milliseconds. */
const BATCH = 1000;
const PAUSE_MS = 600_000;
/** Longer than the pause between two attempts to send a mail, the second of which finds that its secret has expired. */
const KEPT_MS = 600_000;

/** Deletes secrets that expired ten minutes ago. Instances that run at the same time skip each other's rows. */
@Injectable()
export class SecretsPurge {
  constructor(
    private readonly secrets: SecretsRepository,
    private readonly clock: Clock,
  ) {}

  /** Deletes one batch. Returns whether there may be more. */
  @InBackground({ pauseMs: PAUSE_MS })
  async purge(): Promise<boolean> {
    const before = new Date(this.clock.nowMs() - KEPT_MS);
    return (await this.secrets.purge(before, BATCH)) === BATCH;
  }
}
