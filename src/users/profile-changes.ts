import { Injectable } from '@nestjs/common';
import type { Profile } from '../platform/access/profile.js';

type ProfileListener = (profile: Profile) => Promise<void>;

/**
 * Tells of profiles that have changed. Modules to the right that keep copies of profiles listen here, so that this
 * module need not know them.
 */
@Injectable()
export class ProfileChanges {
  private readonly listeners: ProfileListener[] = [];

  /** Adds a listener; it is called after the commit of each change. */
  onChange(listener: ProfileListener): void {
    this.listeners.push(listener);
  }

  /** Resolves when every listener has finished; a listener that fails keeps nobody from reading the new profile. */
  async announce(profile: Profile): Promise<void> {
    await Promise.allSettled(this.listeners.map((listener) => listener(profile)));
  }
}
