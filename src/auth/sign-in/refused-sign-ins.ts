import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { isProblem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import type { PresentedDevice } from '../../sessions/devices/session-devices.js';
import type { TokenTransport } from '../../sessions/tokens/token-transport.js';
import { AuthErrors } from '../auth.errors.js';
import { PendingLogins } from './pending-logins.js';
import { UnverifiedSignIns } from './unverified-sign-ins.js';

/** A sign-in with the right password for which the issuer gave no session. */
export interface RefusedSignIn {
  readonly userId: string;
  /** Keyed digest of the submitted address. */
  readonly emailDigest: string;
  readonly device: PresentedDevice;
  readonly tokenTransport: TokenTransport;
  /** Whether the password is still that of the account. */
  readonly stillHolds: (tx: Transaction) => Promise<boolean>;
}

/** Follows up on logins that need something besides the password. */
@Injectable()
export class RefusedSignIns {
  constructor(
    private readonly unverified: UnverifiedSignIns,
    private readonly logins: PendingLogins,
  ) {}

  /**
   * Call this after the transaction of the login was rolled back. Throws the error, with a challenge if a factor is required.
   * Returns null if the account has changed meanwhile, so that the password must be compared again.
   */
  async follow(error: unknown, refused: RefusedSignIn, origin: Origin): Promise<null> {
    await this.unverified.follow(error, refused, origin);
    if (!isProblem(error, AuthErrors.factor_required)) throw error;
    const { userId, device, tokenTransport, stillHolds } = refused;
    const held = { tokenTransport, deviceId: device.deviceId, isKnownDevice: device.isKnown };
    await this.logins.hold(userId, held, stillHolds, origin);
    return null;
  }
}
