import { unacceptable } from '../../platform/errors/unacceptable.js';
import type { AuditEntry } from '../audit-entry.js';
import type { AuditOutcome } from '../audit-vocabulary.js';
import type { AuditFilterDto } from './dto/audit-filter.dto.js';
import type { SealedRangeDto } from './dto/sealed-range.dto.js';

const DAY_MS = 86_400_000;

/** Maximum range of one request, in days. */
export const MAX_DAYS = { page: 31, export: 366 };

/** A query: a half-open time range and filters. */
export interface TrailQuery {
  readonly from: Date;
  readonly to: Date;
  readonly kind?: AuditEntry['kind'];
  readonly type?: string;
  /** Types of events that are left out. */
  readonly exceptTypes?: readonly string[];
  readonly outcome?: AuditOutcome;
  readonly userId?: string;
  readonly address?: string;
  readonly requestId?: string;
}

/** The place of an entry. The time is that of the row, which an intruder can make differ from the time in the id. */
export type TrailPlace = Pick<AuditEntry, 'id' | 'time'>;

/** Completes a filter to a limited time range. Throws `validation_failed` if the range is empty or too wide. */
export function trailQuery({ from, to, ...filter }: AuditFilterDto, now: Date, maxDays: number): TrailQuery {
  const until = to === undefined ? now : new Date(to);
  const since = from === undefined ? new Date(until.getTime() - DAY_MS) : new Date(from);
  if (since >= until) throw unacceptable('#/from', 'from must be before to');
  if (until.getTime() - since.getTime() > maxDays * DAY_MS) {
    throw unacceptable('#/from', `from must be at most ${maxDays} days before to`);
  }
  return { from: since, to: until, ...filter };
}

/** Returns both ends of a range of seals. Throws `validation_failed` if the range is empty. */
export function sealedRange({ from, to }: SealedRangeDto): { from?: Date; to?: Date } {
  const range = {
    ...(from !== undefined && { from: new Date(from) }),
    ...(to !== undefined && { to: new Date(to) }),
  };
  if (range.from && range.to && range.from > range.to)
    throw unacceptable('#/from', 'from must not be after to');
  return range;
}
