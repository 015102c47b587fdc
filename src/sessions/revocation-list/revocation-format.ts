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

/** The lines of revocations that were read for all streams at once. */
const lines = new WeakMap<ListedRevocation, string>();

/** Returns a page as lines of JSON; an empty line if it has no revocation. */
export function linesOf({ items }: RevocationPage): string {
  return items.length === 0 ? '\n' : items.map(lineOf).join('');
}

function lineOf(item: ListedRevocation): string {
  const known = lines.get(item);
  if (known !== undefined) return known;
  const line = `${JSON.stringify(itemOf(item))}\n`;
  lines.set(item, line);
  return line;
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
