import { Injectable } from '@nestjs/common';
import { type Principal, type UsedKey, usedKeyOf } from '../../platform/access/principal.js';
import { Clock } from '../../platform/clock/clock.js';
import { Problem } from '../../platform/errors/problem.js';
import { noteSubject } from '../../platform/http/origin.js';
import type { RequestContext } from '../../platform/http/request-context.js';
import { SessionState } from '../state/session-state.js';
import { isCurrent, type TokenHolder } from '../tokens/access-token-claims.js';
import { Clients } from '../tokens/clients.js';
import { TokenRefused } from '../tokens/token-refused.js';

/** Takes the holder of a genuine access token as the caller of a request. */
@Injectable()
export class TokenAcceptance {
  constructor(
    private readonly sessions: SessionState,
    private readonly clients: Clients,
    private readonly clock: Clock,
  ) {}

  /** Notes the caller, or why the token names none. A public route needs no caller, so nothing is looked up for it. */
  accept(context: RequestContext, holder: TokenHolder, isPublic: boolean): boolean | Promise<boolean> {
    if (holder.kind === 'session') context.tokenHolder = holder;
    else nameKey(context, holder);
    if (!isCurrent(holder, this.clock.nowMs())) {
      context.tokenFault = 'expired';
      return true;
    }
    if (holder.kind === 'client-token')
      return isPublic || takeProgram(context, () => this.clients.byToken(holder));
    context.principal = holder;
    context.sessionIsOver = this.sessions.isKnownToBeOver(holder);
    if (!isPublic) this.sessions.prefetch(context, holder);
    return true;
  }
}

/**
 * Takes the program that is read as the caller, or notes why there is none. If it cannot be looked up, the request is refused
 * only after the limits have counted it; otherwise such refusals would cost the caller nothing.
 */
export async function takeProgram(
  context: RequestContext,
  read: () => Promise<Principal | null>,
): Promise<true> {
  try {
    context.principal = await read();
    const { principal } = context;
    if (principal && principal.kind !== 'session') nameKey(context, usedKeyOf(principal));
  } catch (error) {
    if (error instanceof Problem) {
      context.credentialFault = error;
      return true;
    }
    context.tokenFault = TokenRefused.faultOf(error);
    if (error instanceof TokenRefused && error.usedKey) {
      nameKey(context, error.usedKey);
      if (error.ownerId !== null) noteSubject(context.origin, error.ownerId);
    }
  }
  return true;
}

/** The events of a request name the key that it used, also if the key is refused. */
function nameKey(context: RequestContext, { keyId, serviceAccountId }: UsedKey): void {
  const usedKey = { keyId, ...(serviceAccountId !== undefined && { serviceAccountId }) };
  context.origin = { ...context.origin, usedKey };
}
