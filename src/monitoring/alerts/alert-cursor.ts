import { isUuid } from '../../platform/crypto/uuid.js';
import { unacceptable } from '../../platform/errors/unacceptable.js';
import type { Alert } from './alert.entity.js';
import type { AlertPosition } from './alerts.repository.js';

/** Returns the cursor of the page that follows an alert. It is opaque to clients and grants no access. */
export function cursorAfter({ lastSeenAt, id }: Alert): string {
  return Buffer.from(`${lastSeenAt.getTime()} ${id}`).toString('base64url');
}

/** Decodes a cursor. Throws `validation_failed` for a value that {@link cursorAfter} did not create. */
export function positionOf(cursor: string): AlertPosition {
  const [, time, id] = /^(\d{1,15}) (\S+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (time === undefined || id === undefined || !isUuid(id)) {
    throw unacceptable('#/cursor', 'cursor must be the nextCursor of a page');
  }
  return { lastSeenAt: new Date(Number(time)), id };
}
