import { Injectable } from '@nestjs/common';
import type { Origin } from '../../platform/http/origin.js';
import { AccountGuessing, type GuessingAttempt } from '../../rate-limit/guessing/account-guessing.js';
import { SessionDevices } from '../../sessions/devices/session-devices.js';
import {
  PasswordCredentialsRepository,
  type UserWithHash,
} from '../credentials/passwords/password-credentials.repository.js';
import { PasswordHasher } from '../credentials/passwords/password-hasher.js';
import { LoginRecord } from '../sign-in/login-record.js';
import { RecoveryStart, type StartOutcome } from './recovery-start.js';

/** What somebody submits who has lost their factors. */
export interface RecoveryRequest {
  /** Normalised by `canonicalEmail`. */
  readonly email: string;
  readonly password: string;
  readonly deviceToken: string | null;
}

/**
 * Takes requests for the recovery of lost factors. As at a login, an unknown account, a wrong password and a disabled account
 * take the same statements and one hash, and each guess is counted before the password is compared.
 */
@Injectable()
export class RecoveryRequests {
  constructor(
    private readonly guessing: AccountGuessing,
    private readonly devices: SessionDevices,
    private readonly credentials: PasswordCredentialsRepository,
    private readonly hasher: PasswordHasher,
    private readonly start: RecoveryStart,
    private readonly record: LoginRecord,
  ) {}

  /**
   * Returns normally for right and wrong passwords, and does nothing if recoveries are switched off. Throws
   * `mail_unconfigured`, `rate_limited` after too many failures, or `overloaded` if too many hashes are queued.
   */
  async request({ email, password, deviceToken }: RecoveryRequest, origin: Origin): Promise<void> {
    if (!this.start.isOffered()) return;
    const mayBeOwner = this.devices.isGenuine(deviceToken);
    await this.hasher.assertRoom(mayBeOwner);
    const emailDigest = this.record.digestOf(email);
    const found = await this.credentials.findByEmail(email);
    const userId = found?.user.id ?? null;
    const device = await this.devices.present(deviceToken, userId);
    if (mayBeOwner && !device.isKnown) await this.hasher.assertRoom();
    const attempt = await this.begin(emailDigest, device.isKnown ? device.deviceId : null, userId, origin);
    const owner = device.isKnown ? userId : null;
    const outcome = await this.startIfRight(email, password, found, owner, origin).catch(
      async (error: unknown) => {
        await attempt.refund().catch(() => undefined);
        throw error;
      },
    );
    // Where no mail tells the owner, a right password counts like a wrong one. Otherwise a guesser could tell it from a wrong one by
    // the limit, and nobody would notice.
    if (outcome === 'running') await attempt.refund();
    if (outcome === 'outdated') await this.record.failure(found, attempt.failures, emailDigest, origin);
  }

  private async startIfRight(
    email: string,
    password: string,
    first: UserWithHash | null,
    owner: string | null,
    origin: Origin,
  ): Promise<StartOutcome> {
    let found = first;
    while (await this.isRight(password, found, owner)) {
      const { user, hash } = found!;
      const outcome = await this.start.start(user.id, hash!, origin);
      if (outcome !== 'outdated') return outcome;
      // The hash changed meanwhile. A concurrent login may only have renewed it, so the password is compared again.
      found = await this.credentials.findByEmail(email);
      if (found === null || found.hash === hash) break;
    }
    return 'outdated';
  }

  private async isRight(
    password: string,
    found: UserWithHash | null,
    owner: string | null,
  ): Promise<boolean> {
    const matches = await this.hasher.verify(password, found?.hash ?? null, owner);
    return matches && found?.user.disabledAt === null;
  }

  private async begin(
    emailDigest: string,
    knownDeviceId: string | null,
    userId: string | null,
    origin: Origin,
  ): Promise<GuessingAttempt> {
    try {
      return await this.guessing.begin(emailDigest, knownDeviceId, userId);
    } catch (error) {
      await this.record.locked(error, emailDigest, userId, origin);
      throw error;
    }
  }
}
