import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { checkpointOf } from './checkpoint.js';
import { CheckpointAncestry } from './checkpoint-ancestry.js';
import { CheckpointFile } from './checkpoint-file.js';
import type { SealEnd } from './seal.js';

/** After so many further checkpoints, a full file is checked again whose old checkpoints could not be removed. */
const RETRY_AFTER = 500;

/** Minimum interval between checkpoints in the log. The file contains all of the last hours. */
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
  private untilRetry = 0;

  constructor(
    private readonly file: CheckpointFile,
    private readonly ancestry: CheckpointAncestry,
    private readonly clock: Clock,
  ) {}

  /** Throws the file system's error. */
  async publish(seal: SealEnd): Promise<void> {
    if (seal.number <= this.seen) return;
    const checkpoint = checkpointOf(seal);
    this.file.append(checkpoint);
    this.seen = seal.number;
    await this.pruneOldOnes();
    // Checks both directions, because setting back the clock must not silence the log.
    if (Math.abs(this.clock.nowMs() - this.loggedMs) < LOG_EVERY_MS) return;
    this.loggedMs = this.clock.nowMs();
    this.logger.log({ checkpoint }, 'Audit trail sealed up to this checkpoint');
  }

  private async pruneOldOnes(): Promise<void> {
    this.untilRetry = Math.max(0, this.untilRetry - 1);
    const full = this.untilRetry > 0 ? null : this.file.full();
    if (full === null) return;
    this.untilRetry = RETRY_AFTER;
    try {
      this.file.prune(full, await this.ancestry.standings(full));
      this.untilRetry = 0;
    } catch (error) {
      this.logger.warn(
        { error },
        'Old checkpoints stay in the file, because what proves them could not be read.',
      );
    }
  }
}
