import type { Profile } from '../platform/access/profile.js';
import type { Session } from './session.entity.js';

/** A session that was just issued or refreshed, with the data from which the client's tokens are made. */
export interface IssuedSession {
  readonly profile: Profile;
  readonly session: Session;
  /**
   * When the session was as it is here, on PostgreSQL's clock, by which reductions are timed. The row was locked then, so that
   * a reduction which it does not show is later.
   */
  readonly readAt: Date;
  /** Proof that the account has signed in from this device, for the next login. */
  readonly deviceToken: string;
}
