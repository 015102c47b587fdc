import { Injectable } from '@nestjs/common';
import { BoundedMap } from '../../platform/memory/bounded-map.js';
import type { AuditEntry } from '../audit-entry.js';
import { EventProof } from '../seals/event-proof.js';
import { DeletionsRepository } from './deletions.repository.js';
import type { EntryKey } from './erasure-progress.js';

/**
 * How many events of a person are looked at per call. Each may have to be looked up in its seal, which takes
 * milliseconds.
 */
const LOOKED_AT = 50;
/** The maximum number of people whose search position is remembered, about 200 bytes each. */
const REMEMBERED = 10_000;

/**
 * Searches for the event with which the service recorded a deletion. Anybody with its database role may insert any number
 * of forged ones, so each call examines a bounded number of events, and the next call continues where it stopped.
 */
@Injectable()
export class DeletionSearch {
  private readonly places = new BoundedMap<string, EntryKey>(REMEMBERED);

  constructor(
    private readonly deletions: DeletionsRepository,
    private readonly events: EventProof,
  ) {}

  /** Returns the event; null if there is none, or `unfinished` if the search is to be continued by a further call. */
  async find(userId: string): Promise<AuditEntry | 'unfinished' | null> {
    const found = await this.deletions.of(userId, this.places.get(userId) ?? null, LOOKED_AT);
    this.places.delete(userId);
    for (const event of found) if (await this.events.isGenuine(event)) return event;
    if (found.length < LOOKED_AT) return null;
    const { time, id } = found.at(-1)!;
    this.places.set(userId, { time, id });
    return 'unfinished';
  }

  /** Returns those of the given people about whom there are events. */
  async named(userIds: readonly string[]): Promise<Set<string>> {
    return new Set(userIds.length === 0 ? [] : await this.deletions.named(userIds));
  }
}
