import { type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { accessRuleOf } from '../../platform/access/access-rule.js';
import { type SessionPrincipal, type UsedKey, usedKeyOf } from '../../platform/access/principal.js';
import { Clock } from '../../platform/clock/clock.js';
import { noteSubject } from '../../platform/http/origin.js';
import { type RequestContext, contextOf } from '../../platform/http/request-context.js';
import { SessionState } from '../state/session-state.js';
import { isCurrent } from '../tokens/access-token-claims.js';
import { type BearerReader, BearerReaders } from '../tokens/bearer-readers.js';
import { JwtStrategy } from '../tokens/jwt.strategy.js';
import { PresentedTokens } from '../tokens/presented-tokens.js';
import { TokenRefused } from '../tokens/token-refused.js';
import { VerifiedTokens } from '../tokens/verified-tokens.js';

/**
 * Identifies the caller without refusing any request: the rate limits need the identity, and the authorisation guard
 * decides later. An access token that this process has already verified costs one look-up; any other access token goes
 * through Passport, and other kinds of bearer tokens go through the reader that their module registered.
 */
@Injectable()
export class AuthenticationGuard extends AuthGuard() {
  constructor(
    strategy: JwtStrategy,
    private readonly presented: PresentedTokens,
    private readonly verified: VerifiedTokens,
    private readonly readers: BearerReaders,
    private readonly sessions: SessionState,
    private readonly clock: Clock,
  ) {
    super({
      // The strategy itself, not its name, because Passport's registry of names is global to the process. A new
      // instance each time, because Passport stores the outcome of a request on the object that it receives and copies
      // only named strategies: a shared instance would give one request the caller of another.
      get defaultStrategy() {
        return Object.create(strategy) as never;
      },
    });
  }

  override canActivate(execution: ExecutionContext): boolean | Promise<boolean> {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const context = contextOf(request);
    // The cookies of a cross-site request are not read, because their owner must not be charged for it.
    if (context.isCrossSite) return true;
    const token = this.presented.access(request);
    if (token === null) return true;
    const known = this.verified.get(token);
    if (known) {
      this.accept(contextOf(request), known, execution);
      return true;
    }
    // Other kinds are accepted in the header only: a cookie could be sent without the program's knowledge.
    const reader = this.presented.transportOf(request) === 'body' ? this.readers.of(token) : undefined;
    // A public route needs no caller, and some public routes have no rate limit that would bound the look-ups.
    if (reader) return isPublic(execution) || this.readOther(reader, token, contextOf(request));
    return super.canActivate(execution) as Promise<boolean>;
  }

  override handleRequest<User>(error: unknown, user: User, info: unknown, execution: ExecutionContext): User {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const context = contextOf(request);
    if (user) {
      const holder = user as unknown as SessionPrincipal;
      this.verified.add(this.presented.access(request) ?? '', holder);
      this.accept(context, holder, execution);
    } else {
      context.tokenFault = TokenRefused.faultOf(error ?? info);
    }
    return user;
  }

  private async readOther(reader: BearerReader, token: string, context: RequestContext): Promise<boolean> {
    try {
      const principal = await reader.read(token);
      context.principal = principal;
      if (principal.kind !== 'session') nameKey(context, usedKeyOf(principal));
    } catch (error) {
      context.tokenFault = TokenRefused.faultOf(error);
      if (!(error instanceof TokenRefused && error.usedKey)) return true;
      nameKey(context, error.usedKey);
      if (error.ownerId !== null) noteSubject(context.origin, error.ownerId);
    }
    return true;
  }

  private accept(context: RequestContext, holder: SessionPrincipal, execution: ExecutionContext): void {
    context.tokenHolder = holder;
    if (!isCurrent(holder, this.clock.nowMs())) {
      context.tokenFault = 'expired';
      return;
    }
    context.principal = holder;
    context.sessionIsOver = this.sessions.isKnownToBeOver(holder);
    if (!isPublic(execution)) this.sessions.ask(context, holder);
  }
}

/** The events of a request name the key that it used, also if the key is refused. */
function nameKey(context: RequestContext, usedKey: UsedKey): void {
  context.origin = { ...context.origin, usedKey };
}

const isPublic = (execution: ExecutionContext) => accessRuleOf(execution)?.kind === 'public';
