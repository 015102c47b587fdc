import { Injectable } from '@nestjs/common';
import { timingSafeEqual } from 'node:crypto';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { UuidV7, uuidFromBytes, uuidToBytes } from '../../platform/crypto/uuid.js';

/** A device and the accounts that have signed in there, as tags. */
interface DeviceClaim {
  readonly deviceId: string;
  readonly tags: readonly Buffer[];
}

const ID_BYTES = 16;
const TAG_BYTES = 8;
const MAC_BYTES = 32;
/** Accounts that one device remembers; the one that signed in longest ago leaves first. */
const MAX_ACCOUNTS = 5;
const TOKEN = /^[A-Za-z0-9_-]{64,118}$/;

/**
 * Signed proof that somebody has signed in to an account from this device before: device id, up to five account tags,
 * HMAC. It opens nothing; it only lets failures from here be counted apart from a stranger's.
 */
@Injectable()
export class DeviceTokens {
  constructor(
    private readonly masterKey: MasterKey,
    private readonly ids: UuidV7,
  ) {}

  /** The device that presents a token, when the account has signed in there; null for anything else. */
  knownDevice(token: string | null | undefined, emailDigest: string): string | null {
    const claim = this.read(token);
    const tag = this.tag(emailDigest);
    return claim?.tags.some((known) => known.equals(tag)) ? claim.deviceId : null;
  }

  /** The token of a device where somebody signs in, which then knows this account too; a device without one gets an id. */
  remember(token: string | null | undefined, emailDigest: string): { token: string; deviceId: string } {
    const claim = this.read(token);
    return this.issue(claim?.deviceId ?? this.ids.next(), claim, emailDigest);
  }

  /**
   * The token of a device that is signed in. Its id is the one that the session began with, and a token of another
   * device counts for nothing: each id is a count of guesses of its own, and a refresh must not hand out new ones.
   */
  renew(token: string | null | undefined, deviceId: string, emailDigest: string): string {
    const claim = this.read(token);
    return this.issue(deviceId, claim?.deviceId === deviceId ? claim : null, emailDigest).token;
  }

  private issue(deviceId: string, claim: DeviceClaim | null, emailDigest: string) {
    const tag = this.tag(emailDigest);
    const others = claim?.tags.filter((known) => !known.equals(tag)) ?? [];
    const body = Buffer.concat([uuidToBytes(deviceId), tag, ...others.slice(0, MAX_ACCOUNTS - 1)]);
    return {
      deviceId,
      token: Buffer.concat([body, this.masterKey.mac('device-token', body)]).toString('base64url'),
    };
  }

  private read(token: string | null | undefined): DeviceClaim | null {
    if (!token || !TOKEN.test(token)) return null;
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.toString('base64url') !== token) return null;
    const body = bytes.subarray(0, -MAC_BYTES);
    if (body.length < ID_BYTES || (body.length - ID_BYTES) % TAG_BYTES !== 0) return null;
    if (!timingSafeEqual(this.masterKey.mac('device-token', body), bytes.subarray(-MAC_BYTES))) return null;
    const tags = Array.from({ length: (body.length - ID_BYTES) / TAG_BYTES }, (_, index) =>
      body.subarray(ID_BYTES + index * TAG_BYTES, ID_BYTES + (index + 1) * TAG_BYTES),
    );
    return { deviceId: uuidFromBytes(body.subarray(0, ID_BYTES)), tags };
  }

  private tag(emailDigest: string): Buffer {
    return this.masterKey.mac('device-token', `account:${emailDigest}`).subarray(0, TAG_BYTES);
  }
}
