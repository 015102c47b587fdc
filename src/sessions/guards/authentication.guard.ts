import { type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { accessRuleOf } from '../../platform/access/access-rule.js';
import { contextOf } from '../../platform/http/request-context.js';
import type { TokenHolder } from '../tokens/access-token-claims.js';
import { BearerReaders } from '../tokens/bearer-readers.js';
import { Clients } from '../tokens/clients.js';
import { JwtStrategy } from '../tokens/jwt.strategy.js';
import { PresentedTokens } from '../tokens/presented-tokens.js';
import { type TokenFault, TokenRefused } from '../tokens/token-refused.js';
import { VerifiedTokens } from '../tokens/verified-tokens.js';
import { takeProgram, TokenAcceptance } from './token-acceptance.js';

/**
 * Identifies the caller without refusing any request: the rate limits need the identity, and the authorisation guard
 * decides later. An access token that this process has already verified costs one look-up; any other access token goes
 * through Passport, other kinds of bearer tokens go through the reader that their module registered, and so do the
 * credentials of OAuth clients.
 */
@Injectable()
export class AuthenticationGuard extends AuthGuard() {
  constructor(
    strategy: JwtStrategy,
    private readonly presented: PresentedTokens,
    private readonly verified: VerifiedTokens,
    private readonly readers: BearerReaders,
    private readonly clients: Clients,
    private readonly acceptance: TokenAcceptance,
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
    const rule = accessRuleOf(execution);
    const isInHeader = this.presented.transportOf(request) === 'body';
    if (rule?.kind === 'client') return this.readClient(execution, request, rule.bearer && isInHeader);
    return this.readToken(execution, request, rule?.kind === 'public');
  }

  /** Credentials of a client are read even beside a bearer token, because two proofs are one too many. */
  private async readClient(
    execution: ExecutionContext,
    request: FastifyRequest,
    hasToken: boolean,
  ): Promise<boolean> {
    const context = contextOf(request);
    await takeProgram(context, () => this.clients.byCredentials(request));
    const { principal, tokenFault, credentialFault, bodyFault } = context;
    const isSettled = principal ?? tokenFault ?? credentialFault ?? bodyFault;
    return isSettled || !hasToken ? true : this.readToken(execution, request, false);
  }

  private readToken(
    execution: ExecutionContext,
    request: FastifyRequest,
    isPublic: boolean,
  ): boolean | Promise<boolean> {
    const token = this.presented.access(request);
    if (token === null) return true;
    const context = contextOf(request);
    const known = this.verified.get(token);
    if (known) return this.accept(known, request, isPublic);
    // Other kinds are accepted in the header only: a cookie could be sent without the program's knowledge.
    const reader = this.presented.transportOf(request) === 'body' ? this.readers.of(token) : undefined;
    // A public route needs no caller, and some public routes have no rate limit that would bound the look-ups.
    if (reader) return isPublic || takeProgram(context, () => reader.read(token, context.origin));
    return this.verify(execution, request, isPublic);
  }

  override handleRequest<User>(error: unknown, user: User, info: unknown, execution: ExecutionContext): User {
    if (!user) {
      const request = execution.switchToHttp().getRequest<FastifyRequest>();
      contextOf(request).tokenFault = TokenRefused.faultOf(error ?? info);
    }
    return user;
  }

  /** Passport stores the holder of a genuine token on the request. */
  private async verify(
    execution: ExecutionContext,
    request: FastifyRequest,
    isPublic: boolean,
  ): Promise<boolean> {
    await super.canActivate(execution);
    const { user: holder } = request as { user?: TokenHolder };
    if (!holder) return true;
    this.verified.add(this.presented.access(request) ?? '', holder);
    return this.accept(holder, request, isPublic);
  }

  private accept(
    holder: TokenHolder,
    request: FastifyRequest,
    isPublic: boolean,
  ): boolean | Promise<boolean> {
    const context = contextOf(request);
    // Only sessions have cookies: a program's token in one would be sent without the program's knowledge.
    if (holder.kind === 'session' || this.presented.transportOf(request) === 'body')
      return this.acceptance.accept(context, holder, isPublic);
    context.tokenFault = 'wrong_claims' satisfies TokenFault;
    return true;
  }
}
