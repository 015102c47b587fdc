import type { Profile } from '../platform/access/profile.js';
import type { Session } from './session.entity.js';

/** A session that was just issued or refreshed, with what its client is told; the tokens are made from it. */
export interface IssuedSession {
  readonly profile: Profile;
  readonly session: Session;
  /** Proof that the account has signed in from this device, for the next login. */
  readonly deviceToken: string;
}
