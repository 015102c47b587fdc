import { Injectable } from '@nestjs/common';
import { digestOf } from '../entry/canonical-entry.js';
import type { StoredEntry } from '../entry/entries.repository.js';
import { EntrySigner } from '../entry/entry-signer.js';
import { sealedText } from '../entry/sealed-form.js';
import { ContainingSeal } from './containing-seal.js';
import { unpackMembers } from './members.js';

/** Decides whether the service recorded an event about a person. Anybody else with its database role can insert a row. */
@Injectable()
export class EventProof {
  constructor(
    private readonly signer: EntrySigner,
    private readonly containing: ContainingSeal,
  ) {}

  /**
   * Whether an event about a person is as the service recorded it. Codes of a master secret that is gone cannot be checked;
   * the event's seal proves it then.
   */
  async isGenuine(event: StoredEntry): Promise<boolean> {
    const digest = digestOf(sealedText(event, event));
    if (event.userId === null || digest !== event.digest) return false;
    if (this.signer.madeWith(digest, event.mac) !== null) return true;
    const seal = await this.containing.find(event.position);
    if (seal === null) return false;
    return unpackMembers(seal.members).some((member) => member.id === event.id && member.digest === digest);
  }
}
