import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Histogram } from 'prom-client';
import { PasswordHasher } from '../../auth/credentials/passwords/password-hasher.js';
import { Metrics } from './metrics.js';

const BUCKETS = [0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5];

/** The cost of password hashing, independent of the duration of the requests. */
@Injectable()
export class PasswordMetrics implements OnModuleInit {
  private readonly hashing: Histogram;
  private readonly waiting: Histogram;

  constructor(
    metrics: Metrics,
    private readonly hasher: PasswordHasher,
  ) {
    this.hashing = new Histogram({
      name: 'portcullis_password_hash_seconds',
      help: 'Duration of one password hash, excluding the wait.',
      buckets: BUCKETS,
      registers: [metrics.registry],
    });
    this.waiting = new Histogram({
      name: 'portcullis_password_queue_wait_seconds',
      help: 'Time for which a password waited before it was hashed.',
      buckets: BUCKETS,
      registers: [metrics.registry],
    });
    metrics.addFigure(
      'portcullis_password_queue_length',
      'Passwords waiting to be hashed.',
      () => hasher.queueLength,
    );
  }

  onModuleInit(): void {
    this.hasher.completed.subscribe(({ hashSeconds, waitSeconds }) => {
      this.hashing.observe(hashSeconds);
      this.waiting.observe(waitSeconds);
    });
  }
}
