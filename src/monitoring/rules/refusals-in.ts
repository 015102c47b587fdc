import type { AuditEntry } from '../../audit/audit-entry.js';

/** Returns how many refusals an entry represents: beyond a number per caller, they are recorded together. */
export function refusalsIn({ details }: AuditEntry): number {
  const count = details?.count;
  return typeof count === 'number' && Number.isSafeInteger(count) && count > 0 ? count : 1;
}
