import { Injectable, type OnModuleInit } from '@nestjs/common';
import { OwnData } from '../../users/own-data/own-data.js';
import type { KnownDevice } from '../devices/known-device.entity.js';
import { KnownDevicesRepository } from '../devices/known-devices.repository.js';
import type { Session } from '../session.entity.js';
import { OwnSessions } from './own-sessions.js';

/** Adds the live sessions and the remembered devices to the export of one's own data. */
@Injectable()
export class OwnSessionData implements OnModuleInit {
  constructor(
    private readonly data: OwnData,
    private readonly sessions: OwnSessions,
    private readonly devices: KnownDevicesRepository,
  ) {}

  onModuleInit(): void {
    this.data.register('sessions', async (userId) => (await this.sessions.list({ userId })).map(dataOf));
    this.data.register('devices', async (userId) => (await this.devices.list(userId)).map(deviceOf));
  }
}

/** Without what its tokens are checked with. */
const dataOf = ({ id, deviceId, userAgent, network, amr, createdAt, expiresAt, lastSeenAt }: Session) => ({
  id,
  deviceId,
  userAgent,
  network,
  methods: amr,
  createdAt,
  lastSeenAt,
  expiresAt,
});

const deviceOf = ({ deviceId, firstLoginAt, lastLoginAt }: KnownDevice) => ({
  deviceId,
  firstLoginAt,
  lastLoginAt,
});
