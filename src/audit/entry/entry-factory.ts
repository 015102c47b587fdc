import { Injectable } from '@nestjs/common';
import { isUuid, UuidV7 } from '../../platform/crypto/uuid.js';
import { storableText } from '../../platform/database/storable-text.js';
import type { Origin } from '../../platform/http/origin.js';
import type { ApiCall, AuditEntry, AuditEvent } from '../audit-entry.js';
import { API_CALL } from '../audit-vocabulary.js';
import { storableDetails } from './storable-details.js';
import { timeOfEntry } from './entry-id.js';

/** Length of the part of a UUIDv7's text that contains its time. */
const TIMESTAMP_LENGTH = 13;

/** Lowest status that counts as a failure. */
const FIRST_FAILURE = 400;

/** Creates entries from reported events and calls, and assigns the id, which contains the time. */
@Injectable()
export class EntryFactory {
  /** The time of the last entry, with the corresponding part of its id. Under load, about ten entries share it. */
  private last = { timestamp: '', time: '' };

  constructor(private readonly ids: UuidV7) {}

  event(event: AuditEvent): AuditEntry {
    return {
      ...this.begin(event.origin),
      type: event.type,
      kind: 'event',
      outcome: event.outcome,
      reason: textOrNull(event.reason),
      userId: uuidOrNull(event.userId),
      sessionId: uuidOrNull(event.sessionId),
      method: null,
      route: null,
      status: null,
      durationMs: null,
      details: storableDetails({ ...event.details, ...event.origin.actor, ...event.origin.usedKey }),
    };
  }

  call(call: ApiCall): AuditEntry {
    return {
      ...this.begin(call.origin),
      type: API_CALL,
      kind: 'call',
      outcome: call.status < FIRST_FAILURE ? 'success' : 'failure',
      reason: textOrNull(call.reason),
      userId: uuidOrNull(call.userId),
      sessionId: uuidOrNull(call.sessionId),
      method: storableText(call.method),
      route: textOrNull(call.route),
      status: call.status,
      durationMs: Math.round(call.durationMs * 1000) / 1000,
      details: callDetails(call),
    };
  }

  private begin(origin: Origin) {
    const id = this.ids.next();
    const isKept = !origin.about?.isDeparted;
    return {
      id,
      time: this.timeOf(id),
      address: isKept ? textOrNull(origin.ip) : null,
      userAgent: isKept ? textOrNull(origin.userAgent) : null,
      requestId: textOrNull(origin.requestId),
    };
  }

  private timeOf(id: string): string {
    const timestamp = id.slice(0, TIMESTAMP_LENGTH);
    if (timestamp !== this.last.timestamp) this.last = { timestamp, time: timeOfEntry(id).toISOString() };
    return this.last.time;
  }
}

function callDetails({ grouped, forwarded, subjectId }: ApiCall): AuditEntry['details'] {
  if (!grouped && !forwarded && subjectId === undefined) return null;
  return storableDetails({ ...grouped, ...forwarded, ...(subjectId !== undefined && { subjectId }) });
}

function textOrNull(text: string | null | undefined): string | null {
  return text == null ? null : storableText(text);
}

/** A single malformed id, from a forged token for example, must not make the whole batch fail. */
function uuidOrNull(id: string | null | undefined): string | null {
  return id != null && isUuid(id) ? id : null;
}
