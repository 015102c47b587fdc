import type { Profile } from '../platform/access/profile.js';
import type { Session } from './session.entity.js';

/** A session that was just issued or refreshed, with the data from which the client's tokens are made. */
export interface IssuedSession {
  readonly profile: Profile;
  readonly session: Session;
  /** Proof that the account has signed in from this device, for the next login. */
  readonly deviceToken: string;
}
