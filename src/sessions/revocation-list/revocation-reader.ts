import { Injectable } from '@nestjs/common';
import type { Principal } from '../../platform/access/principal.js';
import { Problem } from '../../platform/errors/problem.js';
import { SessionErrors } from '../session.errors.js';
import { type AccessLoss, lossOf, type RevocationPage } from './revocation-item.js';
import { type ListSnapshot, RevocationListRepository } from './revocation-list.repository.js';

/** The number of revocations on a full page. */
const PAGE_SIZE = 1000;

/** How long an instance may admit a session or key that has ended, with the difference of two clocks. */
const LATE_SECONDS = 5;

/** Reads the list of revocations, complete up to the moment at which the database is asked. */
@Injectable()
export class RevocationReader {
  constructor(private readonly list: RevocationListRepository) {}

  /**
   * Returns the revocations after a number, for null from the oldest that is kept. Throws `cursor_expired` if others after
   * it have been deleted, or if the list has never been that long: the database is an older one, which was restored.
   * Throws `dependency_unavailable`.
   */
  async read(after: number | null): Promise<RevocationPage> {
    const snapshot = await this.completeSnapshot(after ?? 0);
    if (after !== null && (after < snapshot.deleted || after > snapshot.last))
      throw new Problem(SessionErrors.cursor_expired);
    return pageOf(snapshot);
  }

  /**
   * The same for a reader that has been following the list: whatever was deleted meanwhile concerns only tokens that have
   * expired.
   */
  async follow(after: number): Promise<RevocationPage> {
    return pageOf(await this.completeSnapshot(after));
  }

  /**
   * Returns what the caller lost so recently that this instance may have admitted it without knowing; null if it lost nothing.
   * Throws `dependency_unavailable`.
   */
  async recentLoss(caller: Principal): Promise<AccessLoss | null> {
    const id = caller.kind === 'session' ? caller.sessionId : caller.keyId;
    return lossOf(await this.list.recentReasons(id, LATE_SECONDS));
  }

  private async completeSnapshot(after: number): Promise<ListSnapshot> {
    const snapshot = await this.list.snapshot(after, PAGE_SIZE);
    if (!snapshot.isBehind) return snapshot;
    await this.list.number();
    return this.list.snapshot(after, PAGE_SIZE);
  }
}

function pageOf({ items, last }: ListSnapshot): RevocationPage {
  const isFull = items.length === PAGE_SIZE;
  return { items, isFull, last: isFull ? items.at(-1)!.number : last };
}
