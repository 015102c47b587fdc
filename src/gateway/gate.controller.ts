import { All, Controller, Req, Res, UseFilters } from '@nestjs/common';
import {
  ApiExcludeEndpoint,
  ApiFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ForProxies } from '../platform/access/access.decorator.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problems } from '../platform/http/openapi/problems.decorator.js';
import { ForwardAuthRoute } from '../platform/http/routes/forward-auth.decorator.js';
import { contextOf } from '../platform/http/request-context.js';
import { SessionErrors } from '../sessions/session.errors.js';
import { GateFilter } from './gate.filter.js';
import { HeldRequests } from './held-requests.js';
import { IdentityHeaders, NO_IDENTITY } from './identity-headers.js';
import { RuleAccess } from './rule-access.js';
import { SILENT_RULE } from './rules/gate-rule.js';
import { GateRules } from './rules/gate-rules.js';
import { isPreflight } from './forwarded-request.js';

const field = (description: string) => ({ description, schema: { type: 'string' } }) as const;

/** The fields of a positive answer; each of them is present, empty where it does not apply. */
const HEADERS = {
  'X-Portcullis-User': field('The id of the user or service account; empty for nobody.'),
  'X-Portcullis-Session': field('The id of the session; empty for keys.'),
  'X-Portcullis-Roles': field('The roles of a person, separated by spaces; empty for keys.'),
  'X-Portcullis-Scopes': field('The scopes of a key, separated by spaces; empty for people.'),
  'X-Portcullis-Acr': field('The level of the session, `aal1` or `aal2`; empty for keys.'),
  'X-Portcullis-Key': field('The id of the API key; empty for people.'),
  'X-Portcullis-Assertion': field('All of this as a JWT of at most 60 s for the audience of the rule.'),
} as const;

/** Serves proxies that ask whether a request may pass to an application, with any method. */
@ApiTags('gateway')
@Controller('gate')
@ForProxies()
@UseFilters(GateFilter)
export class GateController {
  constructor(
    private readonly rules: GateRules,
    private readonly access: RuleAccess,
    private readonly identity: IdentityHeaders,
    private readonly held: HeldRequests,
  ) {}

  /**
   * Decides by a rule of `GATEWAY_RULES_FILE` whether the request of a client may pass to an application. The request is
   * described by its own cookies and header fields and by `X-Forwarded-Method`, `-Proto`, `-Host`, `-Uri` and `-For`. Any
   * method is accepted; the query and the body are not read. Answers only proxies of `GATEWAY_PEERS`. Browsers that
   * want to show a page are redirected to the login where the rule says so.
   */
  @All(':rule')
  @ApiOperation({ operationId: 'askGateway', summary: 'Ask whether a request may pass (for proxies)' })
  @ApiParam({ name: 'rule', type: String, description: 'The name of the rule, exactly.', example: 'app' })
  @ApiOkResponse({ description: 'The request may pass, with these header fields.', headers: HEADERS })
  @ApiFoundResponse({
    description: 'A browser that is not signed in goes to `LOGIN_URL`.',
    headers: { Location: field('`LOGIN_URL`, with the address to return to in `rd`.') },
  })
  @Problems(
    SessionErrors.unauthenticated,
    SessionErrors.invalid_token,
    SessionErrors.session_ended,
    SessionErrors.insufficient_user_authentication,
    SessionErrors.forbidden,
    SessionErrors.csrf_rejected,
    PlatformErrors.not_found,
  )
  @ForwardAuthRoute()
  async ask(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const context = contextOf(request);
    const { forwardAuth } = context;
    const rule = forwardAuth && this.rules.find(forwardAuth.rule);
    if (!rule)
      throw new Error(
        'The forward-auth request was not read: the onRequest hook of app.setup.ts is missing.',
      );
    if (rule === SILENT_RULE) return this.held.hold(reply);
    // No credential, not even a bad one; see PresentedTokens.
    const hasNone = context.principal === null && context.tokenFault === null;
    const passesFreely = rule.preflight && hasNone && isPreflight(forwardAuth.forwarded, request.headers);
    const headers = passesFreely
      ? NO_IDENTITY
      : await this.identity.of(await this.access.admit(context, rule), rule);
    await reply.status(200).headers(headers).send();
  }

  /** Envoy adds the path of the request to that of the forward-auth request. */
  @All(':rule/*')
  @ApiExcludeEndpoint()
  @ForwardAuthRoute()
  async askBelow(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.ask(request, reply);
  }
}
