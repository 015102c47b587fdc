import { Injectable } from '@nestjs/common';

/** A person whose data is being erased. */
export interface ErasedPerson {
  readonly userId: string;
  /** Keyed digests of the addresses that the person has used; see `AuditService.emailDigest`. */
  readonly accounts: readonly string[];
}

/** Removes what one module stores about a person outside the trail. It may run again after a failure. */
export type Eraser = (person: ErasedPerson) => Promise<void>;

/** The modules that store personal data which the deletion of the account does not remove. Each one registers itself. */
@Injectable()
export class ErasureReach {
  private readonly erasers: Eraser[] = [];

  register(eraser: Eraser): void {
    this.erasers.push(eraser);
  }

  async erase(person: ErasedPerson): Promise<void> {
    for (const eraser of this.erasers) await eraser(person);
  }
}
