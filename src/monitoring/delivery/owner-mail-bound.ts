import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { Environment } from '../../platform/config/environment.js';
import { OutboxRepository } from '../../platform/outbox/outbox.repository.js';

const MOST_IN_AN_HOUR = 3;
const HOUR_MS = 3_600_000;

/**
 * Limits mails to an owner, so that an account opened with another person's address cannot be used to flood their
 * mailbox.
 */
@Injectable()
export class OwnerMailBound {
  constructor(
    private readonly environment: Environment,
    private readonly messages: OutboxRepository,
    private readonly clock: Clock,
  ) {}

  /** Whether a message may be sent: fewer than three of its channel and subject precede it in the last hour. */
  async admits(message: {
    readonly id: string;
    readonly subject: string;
    readonly channel: string;
  }): Promise<boolean> {
    if (this.environment.throwaway?.limits === false) return true;
    const anHourAgo = new Date(this.clock.nowMs() - HOUR_MS);
    return (await this.messages.countBefore(message, anHourAgo)) < MOST_IN_AN_HOUR;
  }
}
