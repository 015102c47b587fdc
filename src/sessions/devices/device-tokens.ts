import { Injectable } from '@nestjs/common';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { uuidFromBytes, uuidToBytes } from '../../platform/crypto/uuid.js';

const ID_BYTES = 16;
const MAC_BYTES = 32;
/** Up to five tags of eight bytes follow the id in tokens of earlier versions; they are ignored. */
const TOKEN = /^[A-Za-z0-9_-]{64,118}$/;

/**
 * The signed id of a device: proof that this service issued it. It grants no access and contains nothing about accounts;
 * {@link KnownDevicesRepository} records which accounts have signed in on the device.
 */
@Injectable()
export class DeviceTokens {
  constructor(private readonly masterKey: MasterKey) {}

  mint(deviceId: string): string {
    const id = uuidToBytes(deviceId);
    return Buffer.concat([id, this.masterKey.mac('device-token', id)]).toString('base64url');
  }

  /** The device of a genuine token; null for anything else. */
  read(token: string | null | undefined): string | null {
    if (!token || !TOKEN.test(token)) return null;
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.toString('base64url') !== token) return null;
    const body = bytes.subarray(0, -MAC_BYTES);
    if (!this.masterKey.isMac('device-token', body, bytes.subarray(-MAC_BYTES))) return null;
    return uuidFromBytes(body.subarray(0, ID_BYTES));
  }
}
