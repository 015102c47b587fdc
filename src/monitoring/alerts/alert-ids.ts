import { Injectable } from '@nestjs/common';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { uuidFromBytes } from '../../platform/crypto/uuid.js';

/**
 * Derives the ids of alerts. There is only ever one alert per rule and subject, so its id is derived from the two (a
 * UUIDv8, RFC 9562 section 5.8). All instances derive the same id, even while PostgreSQL is unavailable and the row
 * has not been written. The derivation is keyed, so that two installations do not use the same id for different
 * alerts.
 */
@Injectable()
export class AlertIds {
  constructor(private readonly masterKey: MasterKey) {}

  of(rule: string, subject: string): string {
    const id = this.masterKey.mac('alert-id', `${rule} ${subject}`).subarray(0, 16);
    id.writeUInt8(0x80 | (id.readUInt8(6) & 0x0f), 6);
    id.writeUInt8(0x80 | (id.readUInt8(8) & 0x3f), 8);
    return uuidFromBytes(id);
  }
}
