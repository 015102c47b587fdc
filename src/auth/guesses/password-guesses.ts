import { Injectable } from '@nestjs/common';
import type { Origin } from '../../platform/http/origin.js';
import { type PresentedDevice, SessionDevices } from '../../sessions/devices/session-devices.js';
import {
  PasswordCredentialsRepository,
  type UserWithHash,
} from '../credentials/passwords/password-credentials.repository.js';
import { PasswordHasher } from '../credentials/passwords/password-hasher.js';
import type { HASH_CHANGED } from './compared-password.js';
import { PasswordJudgement, type RightGuess } from './password-judgement.js';

/** An address and a password as submitted, not verified yet. */
export interface SubmittedPassword {
  /** Normalised by `canonicalEmail`. */
  readonly email: string;
  readonly password: string;
  readonly deviceToken: string | null;
}

/** A guess that was correct. */
export interface CorrectGuess extends RightGuess {
  readonly device: PresentedDevice;
}

/**
 * Checks passwords that are submitted with an address. Clients cannot distinguish an unknown account, a wrong password and a
 * disabled account: each takes the same statements and one hash of the same cost. Every guess is counted before the password is
 * compared.
 */
@Injectable()
export class PasswordGuesses {
  constructor(
    private readonly judgement: PasswordJudgement,
    private readonly devices: SessionDevices,
    private readonly credentials: PasswordCredentialsRepository,
    private readonly hasher: PasswordHasher,
  ) {}

  /**
   * Calls `use` if the password is right, and returns what it returns. `use` returns HASH_CHANGED if the account changed
   * since the password was compared; then the password is compared again. Returns null for a wrong password, which is
   * recorded. Throws `rate_limited` after too many failures, `overloaded` if too many hashes are queued, and what `use`
   * throws.
   */
  async judge<T>(
    { email, password, deviceToken }: SubmittedPassword,
    origin: Origin,
    use: (guess: CorrectGuess) => Promise<T | typeof HASH_CHANGED>,
  ): Promise<T | null> {
    // Before the first query; otherwise a flood of refusals would load PostgreSQL as much as logins do.
    const mayBeOwner = this.devices.isGenuine(deviceToken);
    await this.hasher.assertRoom(mayBeOwner ? 'owners' : 'strangers');
    const found = await this.credentials.findByEmail(email);
    const userId = found?.user.id ?? null;
    const device = await this.devices.present(deviceToken, userId);
    if (mayBeOwner && !device.isKnown) await this.hasher.assertRoom('strangers');
    const knownDeviceId = device.isKnown ? device.deviceId : null;
    const guess = { account: { email, userId, knownDeviceId }, found, sessionId: null };
    const judged = await this.judgement.judge(guess, origin, {
      isRight: (read) => this.isCorrect(password, device, read),
      reread: () => this.credentials.findByEmail(email),
      use: (right) => use({ ...right, device }),
    });
    return judged.isRight ? judged.result : null;
  }

  private async isCorrect(
    password: string,
    device: PresentedDevice,
    found: UserWithHash | null,
  ): Promise<boolean> {
    const owner = device.isKnown && found ? found.user.id : null;
    const matches = await this.hasher.verify(password, found?.hash ?? null, owner);
    return matches && found?.user.disabledAt === null;
  }
}
