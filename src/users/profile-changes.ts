import { Injectable } from '@nestjs/common';
import type { Profile } from '../platform/access/profile.js';

type ProfileListener = (profile: Profile) => Promise<void>;

/**
 * Announces changed profiles. Modules to the right that cache profiles subscribe here, so this module need not know them.
 */
@Injectable()
export class ProfileChanges {
  private readonly listeners: ProfileListener[] = [];

  /** Adds a listener, which is called after the commit of each change. */
  onChange(listener: ProfileListener): void {
    this.listeners.push(listener);
  }

  /** Resolves when every listener has finished. A listener that fails does not fail the change. */
  async announce(profile: Profile): Promise<void> {
    await Promise.allSettled(this.listeners.map((listener) => listener(profile)));
  }
}
