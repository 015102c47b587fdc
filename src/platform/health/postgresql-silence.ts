import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { Stopwatch } from '../clock/stopwatch.js';
import { Leadership } from '../leader/leadership.js';

/** Measures how long PostgreSQL has not responded, from the heartbeats of the leader election that every instance sends. */
@Injectable()
export class PostgresqlSilence implements OnModuleInit {
  private readonly silent: Stopwatch;

  constructor(
    private readonly leadership: Leadership,
    clock: Clock,
  ) {
    this.silent = new Stopwatch(clock);
  }

  /**
   * Milliseconds since the first heartbeat without a reply; 0 while there are replies. Time in which no heartbeat was sent,
   * because the process or its machine was suspended, does not count.
   */
  get ms(): number {
    return this.silent.ms;
  }

  onModuleInit(): void {
    this.leadership.heartbeats.subscribe((isAnswered) => {
      if (isAnswered) this.silent.stop();
      else this.silent.start();
    });
  }
}
