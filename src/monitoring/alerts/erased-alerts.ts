import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type ErasedPerson, ErasureParticipants } from '../../audit/erasure/erasure-participants.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Outbox } from '../../platform/outbox/outbox.js';
import { alertBody } from './alert-body.js';
import { subjectOfAlert } from './alert-dispatch.js';
import type { Evidence } from './alert-kind.js';
import type { Alert } from './alert.entity.js';
import { AlertsRepository } from './alerts.repository.js';

/** Takes the place of the evidence about one person. */
const ERASED: Evidence = { summary: 'The account was deleted, and the evidence was erased with it.' };

/**
 * Erases people from alerts. An alert about one person keeps its id, rule, state and times, and its subject is removed; the
 * next finding about the same subject restores it, under the same id. From one about several, the person is removed, and all
 * addresses are, because it is not recorded whose they are.
 */
@Injectable()
export class ErasedAlerts implements OnModuleInit {
  constructor(
    private readonly participants: ErasureParticipants,
    private readonly alerts: AlertsRepository,
    private readonly outbox: Outbox,
    private readonly transactions: TransactionRunner,
  ) {}

  onModuleInit(): void {
    this.participants.register((person) => this.transactions.run((tx) => this.erase(tx, person)));
  }

  private async erase(tx: Transaction, person: ErasedPerson): Promise<void> {
    const alerts = await this.alerts.lockMentioning(tx, person.userId, person.accounts);
    for (const alert of alerts)
      Object.assign(alert, isAbout(alert, person) ? blank(alert) : without(alert, person));
    if (alerts.length > 0) await this.alerts.save(tx, alerts);
    // Undelivered messages still contain what was erased from the alert.
    for (const alert of alerts) await this.outbox.replace(tx, subjectOfAlert(alert.id), alertBody(alert));
  }
}

function isAbout({ subject, evidence }: Alert, { userId, accounts }: ErasedPerson): boolean {
  const names = subject.split(' ');
  const isNamed = names.includes(`user:${userId}`) || accounts.some((it) => names.includes(`account:${it}`));
  const { userIds = [], accounts: digests = [] } = evidence;
  return isNamed || (userIds.every((id) => id === userId) && digests.every((it) => accounts.includes(it)));
}

/** A rule and a subject belong to one alert only, so that the new subject contains the id. */
const blank = ({ id }: Alert): Partial<Alert> => ({ subject: `erased:${id}`, evidence: ERASED });

function without({ evidence }: Alert, { userId, accounts }: ErasedPerson): Partial<Alert> {
  const { addresses: _addresses, userIds, accounts: digests, ...rest } = evidence;
  return {
    evidence: {
      ...rest,
      ...(userIds && { userIds: userIds.filter((id) => id !== userId) }),
      ...(digests && { accounts: digests.filter((digest) => !accounts.includes(digest)) }),
    },
  };
}
