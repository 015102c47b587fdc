import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { checkpointOf } from './checkpoint.js';
import { CheckpointFile } from './checkpoint-file.js';
import type { SealEnd } from './seal.js';

/** The log hears of a checkpoint at most so often; the file hears of all. */
const LOG_EVERY_MS = 60_000;

/**
 * Carries the newest seal out of the database, to a file and to the log, so that a tail cut off together with its
 * seals shows. Every instance does so for the seals that it sees, not only the one that made them.
 */
@Injectable()
export class CheckpointPublisher {
  private readonly logger = new Logger('AuditCheckpoint');
  private seen = 0;
  private loggedMs = 0;

  constructor(
    private readonly file: CheckpointFile,
    private readonly clock: Clock,
  ) {}

  publish(seal: SealEnd): void {
    if (seal.number <= this.seen) return;
    const checkpoint = checkpointOf(seal);
    this.file.append(checkpoint);
    this.seen = seal.number;
    // In both directions: a clock that is set back must not silence the log.
    if (Math.abs(this.clock.nowMs() - this.loggedMs) < LOG_EVERY_MS) return;
    this.loggedMs = this.clock.nowMs();
    this.logger.log({ checkpoint }, 'the audit trail is sealed up to here');
  }
}
