import { Injectable } from '@nestjs/common';

/** A person whose data is being erased. */
export interface ErasedPerson {
  readonly userId: string;
  /** Keyed digests of the addresses that the person has used; see `AuditService.emailDigest`. */
  readonly accounts: readonly string[];
}

/** Removes what one module stores about a person outside the trail. It may run again after a failure. */
export type Eraser = (person: ErasedPerson) => Promise<void>;

/**
 * Returns whether a module that stores what it reads in the trail has read this event and everything before it. Until then, it
 * could store anew what its eraser has removed.
 */
export type Reader = (eventId: string) => Promise<boolean>;

/** The modules that store personal data which the deletion of the account does not remove. Each one registers itself. */
@Injectable()
export class ErasureParticipants {
  private readonly erasers: Eraser[] = [];
  private readonly readers: Reader[] = [];

  register(eraser: Eraser): void {
    this.erasers.push(eraser);
  }

  registerReader(reader: Reader): void {
    this.readers.push(reader);
  }

  /** Returns whether all modules have read the trail up to the event that states an erasure, which may then begin. */
  async hasRead(eventId: string): Promise<boolean> {
    for (const reader of this.readers) if (!(await reader(eventId))) return false;
    return true;
  }

  async erase(person: ErasedPerson): Promise<void> {
    for (const eraser of this.erasers) await eraser(person);
  }
}
