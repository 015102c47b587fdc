import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { Environment } from '../../platform/config/environment.js';
import { noteSubject } from '../../platform/http/origin.js';
import { BoundedMap } from '../../platform/memory/bounded-map.js';
import type { ApiCall, AuditEvent } from '../audit-entry.js';
import { EntryFactory } from '../entry/entry-factory.js';
import { EntrySigner } from '../entry/entry-signer.js';
import { COMBINED_CALLS, COMBINED_REFUSALS } from '../refusals/combined-refusals.js';
import { RefusalGroups } from '../refusals/refusal-groups.js';
import { AuditSpool } from './audit-spool.js';

/** The reason of calls over a limit: those that it refuses, and preflights, which are answered nevertheless. */
const OVER_LIMIT = 'rate_limited';

/** How many accounts of refusals are remembered with their owner, for the groups of further ones. */
const REMEMBERED_OWNERS = 10_000;

type Refusal = AuditEvent<'excess_rate_limit_exceeded'>;

/** A request that a limit refused. */
export interface LimitedRequest {
  readonly event: Refusal;
  /** Who is refused: a signed-in user, or an address. */
  readonly caller: string;
  /** Finds the id of the account that the request names, if it names one and its caller is not known. */
  readonly findNamed: (() => Promise<string | null>) | null;
}

/**
 * Writes signed entries to the spool: calls as table rows, everything else as JSON. Refusals by a limit, calls
 * over one, and calls for which the spool has no room are combined if a caller has many of them.
 */
@Injectable()
export class SpoolWriter {
  private readonly refusals: RefusalGroups<Refusal>;
  private readonly calls: RefusalGroups<ApiCall>;
  /** The owners of accounts, by digest of the address, as far as a look-up succeeded; null for nobody. */
  private readonly owners = new BoundedMap<string, string | null>(REMEMBERED_OWNERS);

  constructor(
    private readonly spool: AuditSpool,
    private readonly entries: EntryFactory,
    private readonly signer: EntrySigner,
    private readonly environment: Environment,
    clock: Clock,
  ) {
    this.refusals = new RefusalGroups(
      clock,
      (refusal, grouped) =>
        this.event(
          this.withOwner({
            ...refusal,
            details: { ...refusal.details, ...grouped, routes: [...grouped.routes] },
          }),
        ),
      COMBINED_REFUSALS,
    );
    this.calls = new RefusalGroups(clock, (call, grouped) => this.json({ ...call, grouped }), COMBINED_CALLS);
  }

  event(event: AuditEvent): void {
    this.spool.append(this.signer.json(this.entries.event(event)), undefined, event.origin.network);
  }

  /**
   * Records the refusal of a request by a limit. It names the account that the request is about, so that an erasure finds it;
   * one that only adds to a group costs no look-up.
   */
  async refusal({ event, caller, findNamed }: LimitedRequest): Promise<void> {
    if (!this.refusals.isSingle(caller, event, event.origin.endpoint ?? '-')) return;
    // A refusal does not depend on PostgreSQL.
    const named = await findNamed?.().catch(() => undefined);
    if (named) noteSubject(event.origin, named);
    const { account } = event.details;
    if (account !== undefined && named !== undefined) this.owners.set(account, named);
    this.event(this.withOwner(event));
  }

  /** Names the owner of an entry's account; if nobody has looked for one, the entry names no account. */
  private withOwner(event: Refusal): Refusal {
    const { account, ...details } = event.details;
    if (account === undefined || event.userId) return event;
    const userId = this.owners.get(account);
    return userId === undefined ? { ...event, details } : { ...event, userId };
  }

  /**
   * Calls `written` once the call is durable in the spool, or immediately if calls are not recorded or are combined.
   */
  call(call: ApiCall, written?: () => void): void {
    if (!this.environment.AUDIT_CALLS_ENABLED) return written?.();
    const { network } = call.origin;
    const mayBeGrouped = call.reason === OVER_LIMIT || !this.spool.hasRoomFor(network);
    if (mayBeGrouped && !this.calls.isSingle(callerOf(call), call, `${call.method} ${call.route ?? '-'}`))
      return written?.();
    this.spool.append(this.signer.row(this.entries.call(call)), written, network);
  }

  /** Writes refusals that were counted but not yet recorded. Called before the process ends. */
  flush(): void {
    this.refusals.flush();
    this.calls.flush();
  }

  private json(call: ApiCall): void {
    this.spool.append(this.signer.json(this.entries.call(call)), undefined, call.origin.network);
  }
}

/**
 * Identifies the caller: the user, regardless of address, or for one who is not signed in the address, for IPv6 its /64. Of such
 * a caller, the user of the record is only whom the request is about.
 */
function callerOf({ userId, sessionId, origin }: ApiCall): string {
  const isKnown = userId !== null && (sessionId !== null || origin.usedKey !== undefined);
  return isKnown ? `user ${userId}` : `address ${origin.network}`;
}
