import { Injectable } from '@nestjs/common';
import { SealsRepository } from './seals.repository.js';

/** How far the trail is sealed: a sealer that stands still, or is held back, shows in the age of what waits. */
@Injectable()
export class SealProgress {
  constructor(private readonly seals: SealsRepository) {}

  /** The newest seal's number, 0 before the first; and how long the first entry behind it has waited, 0 without one. */
  async read(): Promise<{ number: number; unsealedSeconds: number }> {
    return this.seals.progress();
  }
}
