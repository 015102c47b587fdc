import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { asDatabaseProblem } from './database-problem.js';

/** The transaction in which a repository method writes. It is passed explicitly, never ambient. */
export type Transaction = EntityManager;

/**
 * "Commit, then fail": thrown inside a transaction whose writes must be kept although the request fails, for example
 * the revocation after the reuse of a refresh token.
 */
export class CommitThenFail extends Error {
  constructor(readonly failure: Error) {
    super(failure.message);
    this.name = 'CommitThenFail';
  }
}

type FollowUp = () => void | Promise<void>;

const followUps = new WeakMap<EntityManager, FollowUp[]>();

/**
 * Runs `action` after the transaction has committed, and never if it rolls back: an announcement must not precede the
 * fact. Whoever runs the transaction waits for it, so it must not reject. Works only for transactions that
 * {@link TransactionRunner} started.
 */
export function afterCommit(tx: Transaction, action: FollowUp): void {
  const actions = followUps.get(tx);
  if (!actions)
    throw new Error('afterCommit was given an entity manager that TransactionRunner did not start.');
  actions.push(action);
}

/** Runs work in one READ COMMITTED transaction; driver failures become `dependency_unavailable`. */
@Injectable()
export class TransactionRunner {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Commits if the work returns or throws {@link CommitThenFail}, whose failure is then thrown; otherwise rolls back.
   */
  async run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const actions: FollowUp[] = [];
    const outcome = await this.commit(work, actions);
    await Promise.all(actions.map(async (action) => action()));
    if ('failure' in outcome) throw outcome.failure;
    return outcome.value;
  }

  private async commit<T>(
    work: (tx: Transaction) => Promise<T>,
    actions: FollowUp[],
  ): Promise<{ value: T } | { failure: Error }> {
    try {
      return await this.dataSource.transaction(async (tx) => {
        followUps.set(tx, actions);
        try {
          return { value: await work(tx) };
        } catch (error) {
          if (error instanceof CommitThenFail) return { failure: error.failure };
          throw error;
        }
      });
    } catch (error) {
      throw asDatabaseProblem(error);
    }
  }
}
