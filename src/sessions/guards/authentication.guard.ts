import { type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { accessRuleOf } from '../../platform/access/access-rule.js';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Clock } from '../../platform/clock/clock.js';
import { type RequestContext, contextOf } from '../../platform/http/request-context.js';
import { SessionState } from '../state/session-state.js';
import { isCurrent } from '../tokens/access-token-claims.js';
import { type BearerReader, BearerReaders } from '../tokens/bearer-readers.js';
import { JwtStrategy } from '../tokens/jwt.strategy.js';
import { PresentedTokens } from '../tokens/presented-tokens.js';
import { TokenRefused } from '../tokens/token-refused.js';
import { VerifiedTokens } from '../tokens/verified-tokens.js';
import { CallerClues } from './caller-clues.js';
import { type CallerClue, IDENTIFIED_BY } from './identified-by.decorator.js';

/**
 * Finds out who is calling, without refusing anyone: the limits that follow need to know, and the authorisation guard
 * decides. An access token that this process has verified before costs a look-up; any other one goes through Passport,
 * and other kinds of bearer tokens through the reader that their module has registered.
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
    private readonly clues: CallerClues,
  ) {
    super({
      // The strategy itself, not its name: Passport's registry of names is global to the process. A new one at each
      // reading: Passport hangs the outcome of a request on the object that it is given, and only of a named one
      // makes a copy by itself; a shared one would answer one request with the caller of another.
      get defaultStrategy() {
        return Object.create(strategy) as never;
      },
    });
  }

  override canActivate(execution: ExecutionContext): boolean | Promise<boolean> {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const clue = Reflect.getMetadata(IDENTIFIED_BY, execution.getHandler()) as CallerClue | undefined;
    if (clue) this.clues.read(clue, request, contextOf(request));
    const token = this.presented.access(request);
    if (token === null) return true;
    const known = this.verified.get(token);
    if (known) {
      this.accept(contextOf(request), known, execution);
      return true;
    }
    const reader = this.readers.of(token);
    if (reader) return this.readOther(reader, token, contextOf(request));
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
      context.principal = await reader.read(token);
    } catch (error) {
      context.tokenFault = TokenRefused.faultOf(error);
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
    if (accessRuleOf(execution)?.kind !== 'public') this.sessions.ask(context, holder);
  }
}
