import { Injectable, type OnModuleInit } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import { Clock } from '../clock/clock.js';
import { RetentionClock } from '../database/retention-clock.js';
import { FieldEncryption } from '../crypto/field-encryption.js';
import { SecretDependants } from '../crypto/secret-dependants.js';
import { Drain } from '../health/drain.js';
import { type CaughtRow, CaughtMailsRepository } from './caught-mails.repository.js';
import type { Mail } from './mailer.js';

const KEPT_MS = 86_400_000;
const MOST = 1_000;
const POLL_MS = 250;

/** A caught mail. Members that do not apply are null. */
export interface CaughtMail extends Mail {
  /** The value after `#token=` in the link. */
  readonly token: string | null;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
}

/** Selects caught mails. */
export interface CaughtFilter {
  /** Only mails to this address, compared without regard to case. */
  readonly to?: string | undefined;
  /** Only mails caught after the one with this id. */
  readonly after?: string | undefined;
}

/**
 * The mails of all instances of a development installation that has no mail server. Encrypted; at most 1,000 mails,
 * kept for 24 h.
 */
@Injectable()
export class CaughtMailbox implements OnModuleInit {
  constructor(
    private readonly mails: CaughtMailsRepository,
    private readonly encryption: FieldEncryption,
    private readonly clock: Clock,
    private readonly drain: Drain,
    private readonly dependants: SecretDependants,
    private readonly retention: RetentionClock,
  ) {}

  onModuleInit(): void {
    this.dependants.registerColumn({
      kind: 'caught-mails',
      table: 'caught_mails',
      id: 'id',
      column: 'sealed',
      purpose: 'caught-mail',
      contextOf: ({ id }) => id,
    });
  }

  /** Stores a mail. Does nothing if a mail with the same id is already stored. */
  async add(mail: Mail): Promise<void> {
    const sealed = this.encryption.encrypt('caught-mail', mail.id, JSON.stringify(mail));
    const row = { id: mail.id, sealed, createdAt: this.clock.now() };
    await this.mails.insert(row, await this.retention.ago(KEPT_MS), MOST);
  }

  /**
   * Returns mails, newest first. If there are none, waits for one for up to `waitMs`, or until the process shuts
   * down.
   */
  async list(filter: CaughtFilter, waitMs: number): Promise<CaughtMail[]> {
    const untilMs = performance.now() + waitMs;
    for (;;) {
      const found = await this.select(filter);
      const leftMs = untilMs - performance.now();
      if (found.length > 0 || leftMs <= 0 || this.drain.isDraining) return found;
      await wait(Math.min(POLL_MS, leftMs));
    }
  }

  /** Returns the mail with this id, which may be any text; undefined if it is not stored. */
  async find(id: string): Promise<CaughtMail | undefined> {
    const row = await this.mails.find(id, this.keptSince);
    return row && this.open(row);
  }

  private async select({ to, after }: CaughtFilter): Promise<CaughtMail[]> {
    const rows = await this.mails.listAfter(after ?? null, this.keptSince);
    const mails = rows.map((row) => this.open(row));
    return to === undefined ? mails : mails.filter((mail) => mail.to.toLowerCase() === to.toLowerCase());
  }

  private open({ id, sealed, createdAt }: CaughtRow): CaughtMail {
    const mail = JSON.parse(this.encryption.decrypt('caught-mail', id, sealed).toString('utf8')) as Mail;
    return { ...mail, token: tokenOf(mail.link), createdAt: createdAt.toISOString() };
  }

  private get keptSince(): Date {
    return new Date(this.clock.nowMs() - KEPT_MS);
  }
}

function tokenOf(link: string | null): string | null {
  return link === null ? null : (/#token=([^&]+)/.exec(link)?.[1] ?? null);
}
