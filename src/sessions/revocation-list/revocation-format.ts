import type { ListedRevocation, RevocationPage } from './revocation-item.js';
import type { RevocationDto, RevocationsDto } from './revocations.dto.js';

/** Returns the number that a cursor stands for; null without a cursor. */
export function numberOf(cursor: string | undefined): number | null {
  return cursor === undefined ? null : Number(cursor);
}

/** Returns a page as JSON shows it. */
export function listOf({ items, last }: RevocationPage): RevocationsDto {
  return { items: items.map(itemOf), cursor: String(last) };
}

/** Returns a page as lines of JSON; an empty line if it has no revocation. */
export function linesOf({ items }: RevocationPage): string {
  if (items.length === 0) return '\n';
  return items.map((item) => `${JSON.stringify(itemOf(item))}\n`).join('');
}

function itemOf({
  number,
  revokedAt,
  expiresAt,
  sessionId,
  subject,
  keyId,
  reason,
}: ListedRevocation): RevocationDto {
  return {
    cursor: String(number),
    sessionId,
    subject,
    keyId,
    reason,
    revokedAt: revokedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  };
}
