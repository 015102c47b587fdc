import { Injectable } from '@nestjs/common';
import { ErasureProof } from './erasure-proof.js';
import { type DeletedPerson, ErasuresRepository } from './erasures.repository.js';

/**
 * Proves who was deleted, and makes the proof last: the event that proves the rows of the previous version is dropped with its
 * month, and codes of a former master secret cannot be checked once that is removed.
 */
@Injectable()
export class LastingProof {
  constructor(
    private readonly erasures: ErasuresRepository,
    private readonly proof: ErasureProof,
  ) {}

  /** The id of the secret whose codes last. It changes while the service runs. */
  get secretId(): string {
    return this.proof.secretId;
  }

  /**
   * Proves that the service deleted a person, and stores a code of the current secret unless the row has one. An
   * unfinished row that only an event proves gets it at its end: with a code, an operator could not request it again.
   */
  async prove(person: DeletedPerson): Promise<'deleted' | 'unproven' | 'unfinished'> {
    const proof = await this.proof.prove(person);
    if (typeof proof === 'string') return proof;
    const mayHaveCode = this.proof.isCoded(person) || (person.isErased && person.actor === null);
    if (mayHaveCode && !this.proof.isLasting(person))
      await this.erasures.noteCode(person, this.proof.codeOf(person));
    return 'deleted';
  }
}
