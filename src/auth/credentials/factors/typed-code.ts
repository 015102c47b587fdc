import type { Transaction } from '../../../platform/database/transaction-runner.js';

/** The kinds of codes that people type. */
export const CODE_METHODS = ['totp', 'recovery_code'] as const;

/** One of {@link CODE_METHODS}. */
export type CodeMethod = (typeof CODE_METHODS)[number];

/** A code that may be right. */
export interface TypedCode {
  /** What the code proves, as sessions store it. */
  readonly factor: string;
  /** Uses the code up; false if it is wrong, or if it was used meanwhile. Of concurrent uses, one succeeds. */
  readonly spend: (tx: Transaction) => Promise<boolean>;
}
