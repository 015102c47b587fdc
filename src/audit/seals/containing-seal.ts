import { Injectable } from '@nestjs/common';
import { firstGenuine } from './first-genuine.js';
import { GenuineSeals, type OpenedSeal } from './genuine-seals.js';
import type { Seal } from './seal.js';
import { SealsRepository } from './seals.repository.js';

/**
 * Finds the seal of a position. The service's database role may insert any row, and a forged seal that claims the same
 * positions must neither hide the genuine one nor take its place.
 */
@Injectable()
export class ContainingSeal {
  constructor(
    private readonly seals: SealsRepository,
    private readonly genuine: GenuineSeals,
  ) {}

  /** Returns the genuine seal whose range contains a position, or the next one; null if there is neither. */
  async find(position: number): Promise<Seal | null> {
    return (await this.open(position))?.seal ?? null;
  }

  /** Like {@link find}, with the tree over the seal's members. */
  async open(position: number): Promise<OpenedSeal | null> {
    let opened: OpenedSeal | null = null;
    await firstGenuine(
      (page) => this.seals.endingAfter(position, page),
      async (seal) => (opened = await this.genuine.open(seal)) !== null,
    );
    return opened;
  }
}
