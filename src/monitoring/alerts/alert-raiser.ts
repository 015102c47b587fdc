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

  /**
   * Opens, reopens or counts up one alert per finding. No two findings may have the same rule and subject. Throws if an
   * alert is deleted at the same moment, so that no finding is lost; the next attempt opens it anew.
   */
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
    const known = fresh.flatMap((alert, i) =>
      inserted.has(alert.id) ? [] : [{ id: alert.id, finding: findings[i]! }],
    );
    return known.length === 0 ? opened : [...opened, ...(await this.update(tx, known))];
  }

  private async update(tx: Transaction, known: readonly Known[]): Promise<AlertChange[]> {
    const alerts = await this.alerts.lockFound(
      tx,
      known.map(({ id, finding }) => ({ id, rule: finding.kind.name, subject: finding.subject })),
    );
    const bySubject = new Map(alerts.map((alert) => [keyOf(alert.rule, alert.subject), alert]));
    const byId = new Map(alerts.map((alert) => [alert.id, alert]));
    const changes = known.map(({ id, finding }) => {
      // An erased alert is found by its id alone.
      const alert = bySubject.get(keyOf(finding.kind.name, finding.subject)) ?? byId.get(id);
      if (!alert) throw new Error(`the alert ${id} was deleted while a finding was added to it`);
      return { alert, transition: apply(alert, finding), finding };
    });
    await this.alerts.save(
      tx,
      changes.map(({ alert }) => alert),
    );
    return changes;
  }
}

/** A finding that has an alert already, with the id that its rule and subject derive. */
interface Known {
  readonly id: string;
  readonly finding: Finding;
}

const keyOf = (rule: string, subject: string) => `${rule} ${subject}`;

/** The same order in all transactions, so that transactions inserting the same new alerts cannot deadlock. */
const bySubject = (a: Finding, b: Finding) =>
  keyOf(a.kind.name, a.subject) < keyOf(b.kind.name, b.subject) ? -1 : 1;
