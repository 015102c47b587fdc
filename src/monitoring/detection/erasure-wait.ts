import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ErasureParticipants } from '../../audit/erasure/erasure-participants.js';
import { AuditFeed } from '../../audit/feed/audit-feed.js';
import { FeedCursor } from '../../audit/feed/feed-cursor.js';
import { DetectionRepository } from './detection.repository.js';

/**
 * Makes an erasure wait until detection, on whichever instance, has read the event that states it. The alerts of everything
 * before that event are then committed, and so erased, and the windows have forgotten the person.
 */
@Injectable()
export class ErasureWait implements OnModuleInit {
  constructor(
    private readonly participants: ErasureParticipants,
    private readonly trail: AuditFeed,
    private readonly detection: DetectionRepository,
  ) {}

  onModuleInit(): void {
    this.participants.registerReader((eventId) => this.hasRead(eventId));
  }

  private async hasRead(eventId: string): Promise<boolean> {
    const { position, genuineness } = await this.detection.cursor();
    // The leader replaces a forged position by an earlier one.
    if (position === null || genuineness === 'forged') return false;
    const statement = await this.trail.positionAfter(eventId);
    return statement === null || !FeedCursor.parse(position).isBefore(FeedCursor.parse(statement));
  }
}
