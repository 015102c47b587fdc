import { Injectable } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import { type Transaction, afterCommit } from '../../platform/database/transaction-runner.js';
import type { Finding } from './alert-kind.js';
import type { AlertChange } from './alert-change.js';
import { AlertDispatch } from './alert-dispatch.js';
import { AlertIds } from './alert-ids.js';
import { apply, open } from './alert-lifecycle.js';
import { AlertsRepository } from './alerts.repository.js';

/** Turns findings into alerts and their deliveries, all in the caller's transaction. */
@Injectable()
export class AlertRaiser {
  private readonly changesSubject = new Subject<AlertChange>();

  constructor(
    private readonly alerts: AlertsRepository,
    private readonly dispatch: AlertDispatch,
    private readonly ids: AlertIds,
  ) {}

  /** Emits every change committed by this process. */
  get changes(): Observable<AlertChange> {
    return this.changesSubject;
  }

  /** Opens, reopens or counts up one alert per finding. No two findings may have the same rule and subject. */
  async raise(tx: Transaction, findings: readonly Finding[]): Promise<void> {
    if (findings.length === 0) return;
    const changes = await this.write(tx, findings.toSorted(bySubject));
    await this.dispatch.enqueue(tx, changes);
    afterCommit(tx, () => changes.forEach((change) => this.changesSubject.next(change)));
  }

  private async write(tx: Transaction, findings: readonly Finding[]): Promise<AlertChange[]> {
    const fresh = findings.map((finding) => open(this.ids.of(finding.kind.name, finding.subject), finding));
    const inserted = await this.alerts.insertNew(tx, fresh);
    const opened = fresh.flatMap((alert, i): AlertChange[] =>
      inserted.has(alert.id) ? [{ alert, transition: 'opened', finding: findings[i]! }] : [],
    );
    const known = fresh.flatMap((alert, i) => (inserted.has(alert.id) ? [] : [findings[i]!]));
    return known.length === 0 ? opened : [...opened, ...(await this.update(tx, known))];
  }

  private async update(tx: Transaction, findings: readonly Finding[]): Promise<AlertChange[]> {
    const findingOf = new Map(
      findings.map((finding) => [keyOf(finding.kind.name, finding.subject), finding]),
    );
    const subjects = findings.map(({ kind, subject }) => ({ rule: kind.name, subject }));
    const alerts = await this.alerts.lockSubjects(tx, subjects);
    const changes = alerts.map((alert) => {
      const finding = findingOf.get(keyOf(alert.rule, alert.subject))!;
      return { alert, transition: apply(alert, finding), finding };
    });
    await this.alerts.save(tx, alerts);
    return changes;
  }
}

const keyOf = (rule: string, subject: string) => `${rule} ${subject}`;

/** The same order in all transactions, so that transactions inserting the same new alerts cannot deadlock. */
const bySubject = (a: Finding, b: Finding) =>
  keyOf(a.kind.name, a.subject) < keyOf(b.kind.name, b.subject) ? -1 : 1;
