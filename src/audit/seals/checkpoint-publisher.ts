import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { checkpointOf } from './checkpoint.js';
import { CheckpointFile } from './checkpoint-file.js';
import type { SealEnd } from './seal.js';

/** Minimum interval between checkpoints in the log. The file contains all of them. */
const LOG_EVERY_MS = 60_000;

/**
 * Copies the newest seal from the database to a file and to the log, so that it can be detected if the end of the
 * trail is cut off together with its seals. Every instance does so for all seals that it sees, not only for those it
 * created.
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
    // Checks both directions, because setting back the clock must not silence the log.
    if (Math.abs(this.clock.nowMs() - this.loggedMs) < LOG_EVERY_MS) return;
    this.loggedMs = this.clock.nowMs();
    this.logger.log({ checkpoint }, 'Audit trail sealed up to this checkpoint');
  }
}
