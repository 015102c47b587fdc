import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import { onDatabase } from '../../platform/database/database-problem.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { AlertKind } from './alert-kind.js';
import { Alert, type AlertState } from './alert.entity.js';
import type { Severity } from './severity.js';

/** Which alerts to find; all given members apply. */
export interface AlertFilter {
  readonly state?: AlertState;
  readonly rule?: string;
  readonly severity?: Severity;
}

/** Where a page of alerts begins: after this one, in the order of the list. */
export interface AlertPosition {
  readonly lastSeenAt: Date;
  readonly id: string;
}

/** Every statement over alerts. */
@Injectable()
export class AlertsRepository {
  constructor(@InjectRepository(Alert) private readonly alerts: Repository<Alert>) {}

  /** The alerts last seen most recently first. */
  async list(filter: AlertFilter, after: AlertPosition | null, limit: number): Promise<Alert[]> {
    const query = this.alerts.createQueryBuilder('alert').where(filter);
    if (after) query.andWhere('(alert.lastSeenAt, alert.id) < (:lastSeenAt, :id)', after);
    return onDatabase(() =>
      query.orderBy('alert.lastSeenAt', 'DESC').addOrderBy('alert.id', 'DESC').limit(limit).getMany(),
    );
  }

  /** Reads an alert and keeps others from changing it until the transaction ends. */
  async lock(tx: Transaction, id: string): Promise<Alert | null> {
    return tx.findOne(Alert, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /**
   * Inserts those whose rule and subject have no row yet, and returns their ids. Waits for a transaction that
   * inserts the same one, so that of two instances one opens the alert and the other finds it.
   */
  async insertNew(tx: Transaction, alerts: readonly Alert[]): Promise<Set<string>> {
    const inserted = await tx
      .createQueryBuilder()
      .insert()
      .into(Alert)
      .values(asRows(alerts))
      .orIgnore()
      // It would copy what comes back onto the alerts by their place, which skipped ones shift.
      .updateEntity(false)
      .returning('id')
      .execute();
    return new Set((inserted.raw as { id: string }[]).map(({ id }) => id));
  }

  /** Reads the alerts of pairs of rule and subject, locked in one order everywhere, so that no two wait in a ring. */
  async lockSubjects(
    tx: Transaction,
    subjects: readonly { rule: string; subject: string }[],
  ): Promise<Alert[]> {
    return tx
      .createQueryBuilder(Alert, 'alert')
      .where(`(alert.rule, alert.subject) IN (SELECT * FROM unnest(:rules::text[], :subjects::text[]))`, {
        rules: subjects.map(({ rule }) => rule),
        subjects: subjects.map(({ subject }) => subject),
      })
      .orderBy('alert.rule')
      .addOrderBy('alert.subject')
      .setLock('pessimistic_write')
      .getMany();
  }

  async save(tx: Transaction, alerts: readonly Alert[]): Promise<void> {
    await tx.upsert(Alert, asRows(alerts), ['id']);
  }

  /** Resolves what has not been seen for the quiet time of its kind, and returns what it resolved. */
  async resolveQuiet(
    tx: Transaction,
    kinds: readonly AlertKind[],
    now: Date,
  ): Promise<{ rule: string; subject: string }[]> {
    const [rows] = (await tx.query(
      `UPDATE monitoring_alert AS alert SET state = 'resolved'
       FROM unnest($1::text[], $2::float8[]) AS kind (rule, quiet)
       WHERE alert.rule = kind.rule AND alert.state <> 'resolved'
         AND alert.last_seen_at < $3::timestamptz - make_interval(secs => kind.quiet)
       RETURNING alert.rule, alert.subject`,
      [kinds.map(({ name }) => name), kinds.map(({ quietSeconds }) => quietSeconds), now],
    )) as [{ rule: string; subject: string }[], number];
    return rows;
  }

  /** Deletes resolved alerts last seen before the instant. */
  async deleteResolvedBefore(tx: Transaction, instant: Date): Promise<void> {
    await tx.query(`DELETE FROM monitoring_alert WHERE state = 'resolved' AND last_seen_at < $1`, [instant]);
  }
}

/** TypeORM's type of what it writes has no place for JSON of any shape. */
const asRows = (alerts: readonly Alert[]) => alerts as unknown as QueryDeepPartialEntity<Alert>[];
