import { type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { accessRuleOf } from '../../platform/access/access-rule.js';
import type { Principal } from '../../platform/access/principal.js';
import { type RequestContext, contextOf } from '../../platform/http/request-context.js';
import { SessionState } from '../state/session-state.js';
import { JwtStrategy } from '../tokens/jwt.strategy.js';
import { PresentedTokens } from '../tokens/presented-tokens.js';
import { TokenRefused } from '../tokens/token-refused.js';
import { VerifiedTokens } from '../tokens/verified-tokens.js';
import { RATE_LIMIT_SUBJECT, type SubjectMembers } from '../../rate-limit/rate-limit.decorator.js';
import { RateLimitSubject } from './rate-limit-subject.js';

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
    private readonly subject: RateLimitSubject,
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
    const context = contextOf(request);
    // Whose cookies and addresses a foreign page sends along is not looked at: they must not pay for it.
    if (context.isCrossSite) return true;
    const members = Reflect.getMetadata(RATE_LIMIT_SUBJECT, execution.getHandler()) as
      SubjectMembers | undefined;
    if (members) this.subject.read(members, request, context);
    const token = this.presented.access(request);
    if (token === null) return true;
    const known = this.verified.get(token);
    if (!known) return super.canActivate(execution) as Promise<boolean>;
    this.accept(context, known, execution);
    return true;
  }

  override handleRequest<User>(error: unknown, user: User, info: unknown, execution: ExecutionContext): User {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const context = contextOf(request);
    if (user) {
      const principal = user as unknown as Principal;
      this.verified.add(this.presented.access(request) ?? '', principal);
      this.accept(context, principal, execution);
    } else {
      context.tokenFault = TokenRefused.faultOf(error ?? info);
    }
    return user;
  }

  private accept(context: RequestContext, principal: Principal, execution: ExecutionContext): void {
    context.principal = principal;
    context.sessionIsOver = this.sessions.isKnownToBeOver(principal);
    if (accessRuleOf(execution)?.kind !== 'public') this.sessions.ask(context, principal);
  }
}
