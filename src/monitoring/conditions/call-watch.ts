import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { ApiCall } from '../../audit/audit-entry.js';
import { AuditService } from '../../audit/audit.service.js';
import { Clock } from '../../platform/clock/clock.js';
import { Environment } from '../../platform/config/environment.js';
import { SlowRoutes } from '../../platform/http/routes/slow-routes.js';
import { parseLimit } from '../rules/rule.js';
import { RecentResponses } from './recent-responses.js';
import { RecentDurations } from './recent-durations.js';

const DEFAULT_SECONDS = 300;

/** Keeps the status and duration of recent responses for the conditions that evaluate them. */
@Injectable()
export class CallWatch implements OnModuleInit {
  private readonly responses: RecentResponses;
  private readonly durations: RecentDurations;

  constructor(
    environment: Environment,
    private readonly audit: AuditService,
    private readonly clock: Clock,
    private readonly slow: SlowRoutes,
  ) {
    this.responses = new RecentResponses(
      parseLimit(environment.DETECT_ERROR_RATE)?.seconds ?? DEFAULT_SECONDS,
    );
    this.durations = new RecentDurations(environment.DETECT_LATENCY_SECONDS);
  }

  onModuleInit(): void {
    this.audit.calls.subscribe((call) => this.add(call));
  }

  faults(): { calls: number; faults: number } {
    return this.responses.figures(this.clock.nowMs());
  }

  /**
   * Excludes routes that are slow by design, such as those that hash a password; see {@link
   * RecentDurations.lowestP99Ms}.
   */
  lowestP99Ms(leastCalls: number): number | null {
    return this.durations.lowestP99Ms(this.clock.nowMs(), leastCalls);
  }

  private add({ method, route, status, durationMs }: ApiCall): void {
    const nowMs = this.clock.nowMs();
    this.responses.add(nowMs, status);
    if (!this.slow.has(method, route)) this.durations.add(nowMs, durationMs);
  }
}
