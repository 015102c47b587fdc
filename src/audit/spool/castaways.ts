import { Injectable, Logger } from '@nestjs/common';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { Environment } from '../../platform/config/environment.js';
import { AuditRepository } from '../audit.repository.js';
import { isRowAtFault } from '../../platform/database/row-at-fault.js';
import { AuditMonths } from '../months/audit-months.js';

/**
 * The last resort of a spooled entry that PostgreSQL refused: its month may have no partition, after a long outage
 * or because the clock jumped, and is made; what is refused even then must not hold up all that comes after it.
 */
@Injectable()
export class Castaways {
  private readonly logger = new Logger(Castaways.name);
  private readonly file: string;

  constructor(
    environment: Environment,
    private readonly repository: AuditRepository,
    private readonly months: AuditMonths,
  ) {
    this.file = join(environment.DATA_DIR, 'audit-spool', 'rejected.ndjson');
  }

  /** Inserts the entry, or puts it aside in a file with an error in the log; throws when PostgreSQL is away. */
  async rescue(line: string, refusal: unknown): Promise<void> {
    try {
      const { time } = JSON.parse(line) as { time: string };
      await this.months.make(new Date(time));
      await this.repository.insert([line]);
    } catch (error) {
      if (!isRowAtFault(error) && !(error instanceof SyntaxError)) throw error;
      appendFileSync(this.file, `${line}\n`, { mode: 0o600 });
      this.logger.error(
        `An audit entry was refused by PostgreSQL and put aside: ${(refusal as Error).message}`,
      );
    }
  }
}
