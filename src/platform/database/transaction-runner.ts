import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { asDatabaseProblem } from './database-problem.js';

/** The transaction in which a repository method writes; passed explicitly, never ambient. */
export type Transaction = EntityManager;

/**
 * "Commit, then fail": thrown inside a transaction whose writes must stand although the request fails, for
 * example the revocation that answers the reuse of a refresh token.
 */
export class CommitThenFail extends Error {
  constructor(readonly failure: Error) {
    super(failure.message);
    this.name = 'CommitThenFail';
  }
}

/** Runs work in one READ COMMITTED transaction; driver failures become `dependency_unavailable`. */
@Injectable()
export class TransactionRunner {
  constructor(private readonly dataSource: DataSource) {}

  /** Commits when the work returns or throws {@link CommitThenFail}, whose failure is then thrown; else rolls back. */
  async run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      const outcome = await this.dataSource.transaction(async (tx) => {
        try {
          return { value: await work(tx) };
        } catch (error) {
          if (error instanceof CommitThenFail) return { failure: error.failure };
          throw error;
        }
      });
      if ('failure' in outcome) throw outcome.failure;
      return outcome.value;
    } catch (error) {
      throw asDatabaseProblem(error);
    }
  }
}
