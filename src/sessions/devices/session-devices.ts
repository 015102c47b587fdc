import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { AccountGuessing } from '../../rate-limit/guessing/account-guessing.js';
import { NOBODY } from '../../users/nobody.js';
import type { Session } from '../session.entity.js';
import { DeviceTokens } from './device-tokens.js';
import { KnownDevicesRepository } from './known-devices.repository.js';

/** The device that presents a token, and whether the account has signed in on it. */
export interface PresentedDevice {
  readonly deviceId: string | null;
  readonly isKnown: boolean;
}

/** Reads the device tokens that clients present, and remembers the devices on which users sign in. */
@Injectable()
export class SessionDevices {
  constructor(
    private readonly tokens: DeviceTokens,
    private readonly known: KnownDevicesRepository,
    private readonly guessing: AccountGuessing,
  ) {}

  /** Whether this service issued the device token, for any account. Does not read the database. */
  isGenuine(token: string | null): boolean {
    return this.tokens.read(token) !== null;
  }

  /** Reads the device token of a login; `userId` is null if no account has the submitted address. */
  async present(token: string | null, userId: string | null): Promise<PresentedDevice> {
    const deviceId = this.tokens.read(token);
    if (deviceId === null) return { deviceId, isKnown: false };
    const isKnown = await this.known.isKnown(userId ?? NOBODY, deviceId);
    return { deviceId, isKnown: isKnown && userId !== null };
  }

  /**
   * Remembers that a session began on its device; returns the token for the next login from there. When a device is
   * forgotten to make room, its count of guesses is deleted too; otherwise every login without a token would leave one.
   */
  async remember(
    tx: Transaction,
    { userId, deviceId, createdAt }: Session,
    emailDigest: string,
  ): Promise<string> {
    const forgotten = await this.known.remember(tx, userId, deviceId, createdAt);
    if (forgotten.length > 0) await this.guessing.forgetDevices(emailDigest, forgotten, tx);
    return this.tokens.mint(deviceId);
  }

  /** The device of a session, whose guesses are counted separately; null if the device has been forgotten. */
  async knownDeviceOf({ sessionId }: Pick<SessionPrincipal, 'sessionId'>): Promise<string | null> {
    return this.known.deviceOfSession(sessionId);
  }

  /** The token of a session's device, returned with every refresh. */
  tokenOf({ deviceId }: Session): string {
    return this.tokens.mint(deviceId);
  }

  /** Deletes one device of a user with its count of guesses. */
  async forget(tx: Transaction, userId: string, emailDigest: string, deviceId: string): Promise<void> {
    await this.known.forget(tx, userId, deviceId);
    await this.guessing.forgetDevices(emailDigest, [deviceId], tx);
  }

  /** Deletes every device of a user, or all but one: after a password change, a thief's device must be unknown again. */
  async forgetAll(tx: Transaction, userId: string, except?: string): Promise<void> {
    await this.known.forgetAll(tx, userId, except);
  }

  /** Deletes the devices that a user has added since `since`, with their failure counts. */
  async forgetSince(tx: Transaction, userId: string, emailDigest: string, since: Date): Promise<void> {
    const forgotten = await this.known.forgetSince(tx, userId, since);
    if (forgotten.length > 0) await this.guessing.forgetDevices(emailDigest, forgotten, tx);
  }
}
