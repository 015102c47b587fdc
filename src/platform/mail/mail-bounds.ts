import { Injectable } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { InBackground } from '../background/in-background.decorator.js';
import { Environment } from '../config/environment.js';
import { MasterKey } from '../crypto/master-key.js';
import { RetentionClock } from '../database/retention-clock.js';
import type { Transaction } from '../database/transaction-runner.js';
import { MailBoundsRepository } from './mail-bounds.repository.js';
import type { MailKind } from './mail-kinds.js';

/** Limits mails to an address entered by somebody else, which must not become a way to flood a mailbox. */
const MOST_IN_AN_HOUR = 3;
const HOUR_MS = 3_600_000;

const PURGE_BATCH = 1000;
const PURGE_PAUSE_MS = 600_000;

/**
 * Limits the mails that anyone can cause by naming an address: three per hour, kind and mailbox, and per requester where
 * others must not be able to use them up. Mails about the security of an account are not limited here.
 */
@Injectable()
export class MailBounds {
  constructor(
    private readonly counts: MailBoundsRepository,
    private readonly masterKey: MasterKey,
    private readonly clock: Clock,
    private readonly environment: Environment,
    private readonly retention: RetentionClock,
  ) {}

  /**
   * Counts a mail in the transaction that writes it. Returns false beyond the limit: the mail must then not be sent,
   * no secret may be issued for it, and the caller of the API must not notice. `to` is an address in its canonical
   * form. With `by`, the id of the account that asks for the mail, those that others ask for are counted apart.
   */
  async admit(tx: Transaction, kind: MailKind, to: string, by: string | null = null): Promise<boolean> {
    if (this.environment.throwaway?.limits === false) return true;
    const at = this.clock.now();
    const name = by === null ? mailboxOf(to) : `${mailboxOf(to)} ${by}`;
    const mailbox = this.masterKey.mac('mailbox-digest', name);
    const since = new Date(at.getTime() - HOUR_MS);
    return this.counts.count(tx, { mailbox, kind, at }, since, MOST_IN_AN_HOUR);
  }

  /**
   * Deletes the counts of a mailbox in the caller's transaction, except those by account, which are deleted after an hour.
   * `to` is an address in its canonical form.
   */
  async forget(tx: Transaction, to: string): Promise<void> {
    await this.counts.forget(tx, this.masterKey.mac('mailbox-digest', mailboxOf(to)));
  }

  /** Deletes one batch of expired counts. Returns whether there may be more. */
  @InBackground({ pauseMs: PURGE_PAUSE_MS })
  async purge(): Promise<boolean> {
    return (await this.counts.purge(await this.retention.ago(HOUR_MS), PURGE_BATCH)) === PURGE_BATCH;
  }
}

/** Returns the address without the tag, which many hosts ignore in delivery (RFC 5233): `ada+news@` goes to `ada@`. */
export function mailboxOf(email: string): string {
  const at = email.lastIndexOf('@');
  const local = email.slice(0, at);
  const tag = local.indexOf('+');
  return `${tag > 0 ? local.slice(0, tag) : local}${email.slice(at)}`;
}
