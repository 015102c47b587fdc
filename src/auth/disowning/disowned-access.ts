import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { AccessRevocation } from '../../sessions/revocation/access-revocation.js';
import { AddedAccess } from '../added-access.js';
import type { DisownedSession } from './disown-links.js';

/** Before every session, factor and key. */
const BEGINNING = new Date(0);

/** Removes what a disowned session gave access to, and what whoever had it could come back by. */
@Injectable()
export class DisownedAccess {
  constructor(
    private readonly access: AccessRevocation,
    private readonly added: AddedAccess,
  ) {}

  /**
   * Ends the sessions on the device and the later ones of the account, whose row the caller has locked, and removes what was
   * added since. Returns the number of recovery codes, which the event of the caller has to name.
   *
   * Later sessions end even if they are the owner's, because nobody can tell them from those of a passkey that was added since;
   * the reset ends them anyway. They end first, or verifiers would be told that they go on without the removed factors. Whoever
   * opened an account whose address was never verified may not be the owner of the address, so nothing of it remains.
   */
  async remove(
    tx: Transaction,
    { user, deviceId, begunAt }: DisownedSession,
    origin: Origin,
  ): Promise<number> {
    const since = user.emailVerified ? begunAt : BEGINNING;
    await this.access.endDevice(tx, user, deviceId, 'disowned', origin);
    await this.access.endLater(tx, user, since, 'disowned', origin);
    return this.added.removeSince(tx, user, since, origin);
  }
}
