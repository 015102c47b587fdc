import { type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { accessRuleOf } from '../../platform/access/access-rule.js';
import type { Principal } from '../../platform/access/principal.js';
import { type Call, callOf } from '../../platform/http/request-context.js';
import { SessionState } from '../state/session-state.js';
import { JwtStrategy } from '../tokens/jwt.strategy.js';
import { PresentedTokens } from '../tokens/presented-tokens.js';
import { TokenRefused } from '../tokens/token-refused.js';
import { VerifiedTokens } from '../tokens/verified-tokens.js';
import { CallerClues } from './caller-clues.js';
import { type CallerClue, IDENTIFIED_BY } from './identified-by.decorator.js';

/**
 * Finds out who is calling, without I/O and without refusing anyone: the limits that follow need to know, and the
 * authorisation guard decides. A token that this process has verified before costs a look-up; any other one goes
 * through Passport.
 */
@Injectable()
export class AuthenticationGuard extends AuthGuard() {
  constructor(
    strategy: JwtStrategy,
    private readonly presented: PresentedTokens,
    private readonly verified: VerifiedTokens,
    private readonly sessions: SessionState,
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

  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const call = callOf(request);
    const clue = Reflect.getMetadata(IDENTIFIED_BY, context.getHandler()) as CallerClue | undefined;
    if (clue) this.clues.read(clue, request, call);
    const token = this.presented.access(request);
    if (token === null) return true;
    const known = this.verified.get(token);
    if (!known) return super.canActivate(context) as Promise<boolean>;
    this.accept(call, known, context);
    return true;
  }

  override handleRequest<User>(error: unknown, user: User, info: unknown, context: ExecutionContext): User {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const call = callOf(request);
    if (user) {
      const principal = user as unknown as Principal;
      this.verified.add(this.presented.access(request) ?? '', principal);
      this.accept(call, principal, context);
    } else {
      call.tokenFault = TokenRefused.faultOf(error ?? info);
    }
    return user;
  }

  private accept(call: Call, principal: Principal, context: ExecutionContext): void {
    call.principal = principal;
    call.sessionIsOver = this.sessions.isKnownToBeOver(principal);
    if (accessRuleOf(context)?.kind !== 'public') this.sessions.ask(call, principal);
  }
}
