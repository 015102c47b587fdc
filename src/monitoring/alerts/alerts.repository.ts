import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, Repository } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import { ADVISORY_LOCKS } from '../../platform/database/advisory-locks.js';
import { onDatabase } from '../../platform/database/database-problem.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { AlertKind } from './alert-kind.js';
import { Alert, type AlertState } from './alert.entity.js';
import type { Severity } from './severity.js';

/** Selects alerts. All given members must match. */
export interface AlertFilter {
  readonly state?: AlertState;
  readonly rule?: string;
  readonly severity?: Severity;
}

/** The position of an alert in the list; a page starts after it. */
export interface AlertPosition {
  readonly lastSeenAt: Date;
  readonly id: string;
}

/** All SQL statements on alerts. */
@Injectable()
export class AlertsRepository {
  constructor(@InjectRepository(Alert) private readonly alerts: Repository<Alert>) {}

  /** Lists alerts, the most recently seen first. */
  async list(filter: AlertFilter, after: AlertPosition | null, limit: number): Promise<Alert[]> {
    const query = this.alerts.createQueryBuilder('alert').where(filter);
    if (after) query.andWhere('(alert.lastSeenAt, alert.id) < (:lastSeenAt, :id)', after);
    return onDatabase(() =>
      query.orderBy('alert.lastSeenAt', 'DESC').addOrderBy('alert.id', 'DESC').limit(limit).getMany(),
    );
  }

  /** Reads an alert and locks it until the transaction ends. */
  async lock(tx: Transaction, id: string): Promise<Alert | null> {
    return tx.findOne(Alert, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** Serializes alerts about undeliverable mails across instances until the transaction ends. */
  async lockUndeliverableMails(tx: Transaction): Promise<void> {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.undeliverableMails]);
  }

  /** Returns the subjects of the alerts of a rule that were seen after the instant. */
  async subjectsSeenAfter(tx: Transaction, rule: string, instant: Date): Promise<string[]> {
    const found = await tx.find(Alert, {
      select: { subject: true },
      where: { rule, lastSeenAt: MoreThan(instant) },
    });
    return found.map(({ subject }) => subject);
  }

  /**
   * Inserts the alerts whose rule and subject have no row yet, and returns their ids. Waits for a concurrent
   * transaction that inserts the same alert, so that one instance opens the alert and the other one finds it.
   */
  async insertNew(tx: Transaction, alerts: readonly Alert[]): Promise<Set<string>> {
    const inserted = await tx
      .createQueryBuilder()
      .insert()
      .into(Alert)
      .values(asRows(alerts))
      .orIgnore()
      // TypeORM would assign the returned rows to the alerts by index, which is wrong if some were skipped.
      .updateEntity(false)
      .returning('id')
      .execute();
    return new Set((inserted.raw as { id: string }[]).map(({ id }) => id));
  }

  /**
   * Reads and locks the alerts that have one of the given pairs of rule and subject or, because an erased alert has lost
   * its subject, one of the ids. Always in the same order, to prevent deadlocks.
   */
  async lockFound(
    tx: Transaction,
    found: readonly { readonly id: string; readonly rule: string; readonly subject: string }[],
  ): Promise<Alert[]> {
    return tx
      .createQueryBuilder(Alert, 'alert')
      .where(
        // Not OR, which could not use the indexes.
        `alert.id IN (
          SELECT id FROM monitoring_alert
            WHERE (rule, subject) IN (SELECT * FROM unnest(:rules::text[], :subjects::text[]))
          UNION ALL SELECT unnest(:ids::uuid[]))`,
        {
          rules: found.map(({ rule }) => rule),
          subjects: found.map(({ subject }) => subject),
          ids: found.map(({ id }) => id),
        },
      )
      .orderBy('alert.rule')
      .addOrderBy('alert.subject')
      .setLock('pessimistic_write')
      .getMany();
  }

  /**
   * Reads and locks the alerts whose subject or evidence names a user, or an account by its keyed digest. Reads the whole
   * table, which is small.
   */
  async lockMentioning(tx: Transaction, userId: string, accounts: readonly string[]): Promise<Alert[]> {
    return tx
      .createQueryBuilder(Alert, 'alert')
      .where(
        `(string_to_array(alert.subject, ' ') && :subjects OR alert.evidence->'userIds' ? :userId
          OR alert.evidence->'accounts' ?| :accounts)`,
        { subjects: [`user:${userId}`, ...accounts.map((it) => `account:${it}`)], userId, accounts },
      )
      .orderBy('alert.rule')
      .addOrderBy('alert.subject')
      .setLock('pessimistic_write')
      .getMany();
  }

  async save(tx: Transaction, alerts: readonly Alert[]): Promise<void> {
    await tx.upsert(Alert, asRows(alerts), ['id']);
  }

  /** Resolves alerts that have not been seen for the quiet period of their kind, and returns them. */
  async resolveQuiet(kinds: readonly AlertKind[], now: Date): Promise<{ id: string; rule: string }[]> {
    const [rows] = await onDatabase(() =>
      this.alerts.query<[{ id: string; rule: string }[], number]>(
        `UPDATE monitoring_alert AS alert SET state = 'resolved'
         FROM unnest($1::text[], $2::float8[]) AS kind (rule, quiet)
         WHERE alert.rule = kind.rule AND alert.state <> 'resolved'
           AND alert.last_seen_at < $3::timestamptz - make_interval(secs => kind.quiet)
         RETURNING alert.id, alert.rule`,
        [kinds.map(({ name }) => name), kinds.map(({ quietSeconds }) => quietSeconds), now],
      ),
    );
    return rows;
  }

  /** Deletes one batch of resolved alerts that were last seen before the instant; returns how many. */
  async deleteResolvedBefore(tx: Transaction, instant: Date, batch: number): Promise<number> {
    const [, deleted] = (await tx.query(
      `DELETE FROM monitoring_alert WHERE id = ANY (ARRAY(
         SELECT id FROM monitoring_alert WHERE state = 'resolved' AND last_seen_at < $1
         ORDER BY last_seen_at LIMIT $2 FOR UPDATE SKIP LOCKED))`,
      [instant, batch],
    )) as [unknown, number];
    return deleted;
  }
}

/** TypeORM's insert type cannot express arbitrary JSON. */
const asRows = (alerts: readonly Alert[]) => alerts as unknown as QueryDeepPartialEntity<Alert>[];
