import { Injectable, Logger } from '@nestjs/common';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Clock } from '../../platform/clock/clock.js';
import { Environment } from '../../platform/config/environment.js';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { CHAIN_START, type ChainEnd } from './seal-check.js';

/**
 * Minimum interval between writes. Thousands of seals are verified per second, and a restart may repeat one second's
 * worth.
 */
const WRITE_EVERY_MS = 1000;

/**
 * Stores how far the trail is verified in `DATA_DIR/audit-verified.json`, so that a restart continues from there. The
 * file is authenticated. A forged file is ignored, and everything is verified.
 */
@Injectable()
export class VerifiedSoFar {
  private readonly logger = new Logger(VerifiedSoFar.name);
  private readonly path: string;
  private end: ChainEnd | null = null;
  private writtenMs = 0;

  constructor(
    environment: Environment,
    private readonly masterKey: MasterKey,
    private readonly clock: Clock,
  ) {
    this.path = join(environment.DATA_DIR, 'audit-verified.json');
  }

  /** Returns the last stored link; the beginning of the chain if there is none. */
  read(): ChainEnd {
    return (this.end ??= this.load() ?? CHAIN_START);
  }

  /** Remembers a link, and writes it to the file if the last write was at least a second ago. */
  pass(end: ChainEnd): void {
    this.end = end;
    if (Math.abs(this.clock.nowMs() - this.writtenMs) >= WRITE_EVERY_MS) this.write(end);
  }

  /** Remembers a link and writes it to the file. */
  stop(end: ChainEnd): void {
    this.end = end;
    this.write(end);
  }

  private write({ number, hash, toPosition }: ChainEnd): void {
    this.writtenMs = this.clock.nowMs();
    const end = { number, hash, toPosition };
    const draft = `${this.path}.${process.pid}`;
    try {
      writeFileSync(draft, JSON.stringify({ ...end, code: this.codeOf(end) }), { mode: 0o600 });
      renameSync(draft, this.path);
    } catch (error) {
      this.logger.warn(
        `The verification progress could not be saved, so the next start will verify more than necessary: ${(error as Error).message}`,
      );
    }
  }

  private load(): ChainEnd | null {
    try {
      const { code, ...end } = JSON.parse(readFileSync(this.path, 'utf8')) as ChainEnd & { code: string };
      return this.masterKey.isMac('audit-verified', textOf(end), Buffer.from(code, 'hex')) ? end : null;
    } catch {
      return null;
    }
  }

  private codeOf(end: ChainEnd): string {
    return this.masterKey.mac('audit-verified', textOf(end)).toString('hex');
  }
}

const textOf = ({ number, hash, toPosition }: ChainEnd) => `${number} ${hash} ${toPosition}`;
