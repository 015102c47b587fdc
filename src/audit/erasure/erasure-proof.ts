import { Injectable } from '@nestjs/common';
import { MasterKey } from '../../platform/crypto/master-key.js';
import type { Actor } from '../../platform/http/origin.js';
import type { AuditEntry } from '../audit-entry.js';
import { canonicalJson } from '../entry/canonical-entry.js';
import { DeletionSearch } from './deletion-search.js';

/** Whose erasure was requested, and by whom; null for the owner of the account. */
export interface ErasureRequest {
  readonly userId: string;
  readonly actor: Actor | null;
}

/** A request as it is stored. */
export interface StoredRequest extends ErasureRequest {
  /** Null in rows of the previous version. */
  readonly mac: Buffer | null;
  readonly hasAccount: boolean;
}

/**
 * What the service requested; `unproven` if nothing shows that it did, or if the person has an account; `unfinished` if
 * that takes further calls.
 */
export type ProofOutcome = ErasureRequest | 'unproven' | 'unfinished';

/**
 * Decides whether the service requested an erasure. Its database role may insert rows into `erasures`, and the service
 * would otherwise remove evidence about anybody, and state that it did so rightly.
 */
@Injectable()
export class ErasureProof {
  constructor(
    private readonly masterKey: MasterKey,
    private readonly deletions: DeletionSearch,
  ) {}

  /** The id of the secret with which codes are made at present. */
  get secretId(): string {
    return this.masterKey.id;
  }

  /** Returns the code of a request, without which its row is not trusted. */
  codeOf(request: ErasureRequest): Buffer {
    return this.masterKey.mac('erasure-request', textOf(request));
  }

  /** Whether a row has the code of its request. */
  isCoded(request: StoredRequest): boolean {
    return request.mac !== null && this.masterKey.isMac('erasure-request', textOf(request), request.mac);
  }

  /** Whether a row has a code of the secret of {@link secretId} or a newer one, which another instance may use already. */
  isLasting(request: StoredRequest): boolean {
    const { ids, id } = this.masterKey;
    const madeWith = request.mac && this.masterKey.idOfMac('erasure-request', textOf(request), request.mac);
    return madeWith !== null && ids.indexOf(madeWith) <= ids.indexOf(id);
  }

  /** Proves what the service requested as far as the row shows it; null if only an event can prove it. */
  known(request: StoredRequest): ErasureRequest | 'unproven' | null {
    if (request.hasAccount) return 'unproven';
    const { userId, actor } = request;
    return this.isCoded(request) ? { userId, actor } : null;
  }

  /** Returns about whom there are events. What is requested for others, and is not {@link known}, nothing can prove. */
  async named(requests: readonly StoredRequest[]): Promise<Set<string>> {
    return this.deletions.named(requests.map(({ userId }) => userId));
  }

  /**
   * Proves what the service requested. The previous version wrote no codes, and those of a master secret that is gone
   * cannot be checked. The event that states the deletion, which was written in the same transaction, is the proof
   * then, also of who deleted the account.
   */
  async prove(request: StoredRequest): Promise<ProofOutcome> {
    const known = this.known(request);
    if (known !== null) return known;
    const { userId } = request;
    const event = await this.deletions.find(userId);
    if (event === null) return 'unproven';
    return event === 'unfinished' ? event : { userId, actor: actorIn(event) };
  }
}

const textOf = ({ userId, actor }: ErasureRequest) => canonicalJson({ userId, actor });

function actorIn({ details }: AuditEntry): Actor | null {
  const { actor, operator, actorId } = details ?? {};
  if (typeof actorId === 'string') return { actorId };
  return actor === 'cli' && typeof operator === 'string' ? { actor, operator } : null;
}
