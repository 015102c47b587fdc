import { Injectable } from '@nestjs/common';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { isUuid, uuidFromBytes, uuidToBytes } from '../../platform/crypto/uuid.js';

/** The content of a refresh token. */
export interface RefreshClaim {
  readonly sessionId: string;
  readonly generation: number;
}

const CLAIM_BYTES = 20;
const MAC_BYTES = 32;
/** base64url of both, without padding. */
const TOKEN = /^[A-Za-z0-9_-]{70}$/;

/**
 * Refresh tokens: session (16 bytes), generation (4 bytes) and their HMAC under a key that is not in the database. Tokens
 * are not stored, so none can be stolen from the database. One generation has one token, so a lost response can be sent
 * again without creating a second descendant.
 */
@Injectable()
export class RefreshTokens {
  constructor(private readonly masterKey: MasterKey) {}

  mint({ sessionId, generation }: RefreshClaim): string {
    const claim = Buffer.alloc(CLAIM_BYTES);
    uuidToBytes(sessionId).copy(claim);
    claim.writeUInt32BE(generation, CLAIM_BYTES - 4);
    return Buffer.concat([claim, this.masterKey.mac('refresh-token', claim)]).toString('base64url');
  }

  /** The content of a genuine token; null for anything else. */
  read(token: string): RefreshClaim | null {
    if (!TOKEN.test(token)) return null;
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== CLAIM_BYTES + MAC_BYTES || bytes.toString('base64url') !== token) return null;
    const claim = bytes.subarray(0, CLAIM_BYTES);
    if (!this.masterKey.isMac('refresh-token', claim, bytes.subarray(CLAIM_BYTES))) return null;
    const sessionId = uuidFromBytes(claim.subarray(0, 16));
    return isUuid(sessionId) ? { sessionId, generation: claim.readUInt32BE(16) } : null;
  }
}
