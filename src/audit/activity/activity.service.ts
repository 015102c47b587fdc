import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { Environment } from '../../platform/config/environment.js';
import type { AuditEntry } from '../audit-entry.js';
import { isHiddenOrigin } from '../own-trail/unproven-origin.js';
import { TrailReader } from '../reading/trail-reader.js';
import type { ActivityDto, ActivityPageDto } from './activity.dto.js';
import { summaryOf } from './summary.js';

const DAY_MS = 86_400_000;
/** Whole months are dropped, so events may outlive their retention by up to one month. */
const LONGEST_MONTH_DAYS = 31;

/** Recorded in addition to `authn_login_success`. The owner sees a login as one line. */
const PARTS_OF_A_LOGIN = ['session_created', 'authn_login_successafterfail'];

/** Lists the events of an account for its owner. */
@Injectable()
export class ActivityService {
  constructor(
    private readonly reader: TrailReader,
    private readonly environment: Environment,
    private readonly clock: Clock,
  ) {}

  /** Returns a page of the account's events, newest first, as far back as they are kept. */
  async page(userId: string, limit: number, cursor?: string): Promise<ActivityPageDto> {
    const keptDays = this.environment.AUDIT_EVENT_RETENTION_DAYS + LONGEST_MONTH_DAYS;
    const to = this.clock.now();
    const from = new Date(to.getTime() - keptDays * DAY_MS);
    const query = { from, to, userId, kind: 'event' as const, exceptTypes: PARTS_OF_A_LOGIN };
    const { items, nextCursor } = await this.reader.page(query, limit, cursor);
    return { items: items.map((entry) => shown(entry, userId)), nextCursor };
  }
}

function shown(entry: AuditEntry, userId: string): ActivityDto {
  const own = isHiddenOrigin(entry, userId) ? { ...entry, address: null, userAgent: null } : entry;
  return { ...own, summary: summaryOf(own) };
}
