import { Injectable } from '@nestjs/common';
import { deviceName } from '../../audit/activity/device-name.js';
import { networkName } from '../../audit/activity/network-name.js';
import { canonicalIp } from '../../platform/http/client-ip/ip-address.js';
import type { Session } from '../session.entity.js';
import { LastSeen } from '../state/last-seen.js';
import type { OwnSessionDto } from './own-session.dto.js';
import { PlaceNames } from './place-names.js';

/** Describes sessions so that their owner can recognise them. */
@Injectable()
export class SessionDescription {
  constructor(
    private readonly lastSeen: LastSeen,
    private readonly places: PlaceNames,
  ) {}

  /** Describes a session to its owner; `currentId` is the session of the request. */
  of(session: Session, currentId: string): OwnSessionDto {
    const address = addressIn(session.network);
    return {
      id: session.id,
      current: session.id === currentId,
      device: deviceName(session.userAgent ?? ''),
      network: address && networkName(address),
      place: address && this.places.of(address),
      methods: [...session.amr],
      createdAt: session.createdAt.toISOString(),
      lastSeenAt: this.lastSeen.of(session).toISOString(),
      expiresAt: session.expiresAt.toISOString(),
    };
  }
}

/** An address of the network in which a session began; null if unknown. */
const addressIn = (network: string | null) => canonicalIp(network?.replace(/\/\d+$/, '') ?? '');
