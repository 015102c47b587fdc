import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { Leadership } from '../leader/leadership.js';

/** For how long PostgreSQL has not answered, judged by the heartbeat that every instance has for the election. */
@Injectable()
export class PostgresqlSilence implements OnModuleInit {
  private sinceMs: number | null = null;

  constructor(
    private readonly leadership: Leadership,
    private readonly clock: Clock,
  ) {}

  /**
   * Milliseconds since the first heartbeat without an answer; 0 while there are answers. Time in which no heartbeat was
   * sent, because the process or its machine stood still, does not count.
   */
  get ms(): number {
    return this.sinceMs === null ? 0 : this.clock.nowMs() - this.sinceMs;
  }

  onModuleInit(): void {
    this.leadership.heartbeats.subscribe((isAnswered) => {
      if (isAnswered) this.sinceMs = null;
      else this.sinceMs ??= this.clock.nowMs();
    });
  }
}
