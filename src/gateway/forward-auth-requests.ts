import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AuditService } from '../audit/audit.service.js';
import { Environment } from '../platform/config/environment.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problem } from '../platform/errors/problem.js';
import { CidrList } from '../platform/http/client-ip/cidr-list.js';
import { canonicalIp } from '../platform/http/client-ip/ip-address.js';
import { isForwardAuthRequest } from '../platform/http/routes/forward-auth.decorator.js';
import { contextOf } from '../platform/http/request-context.js';
import { SessionErrors } from '../sessions/session.errors.js';
import { GateRules } from './rules/gate-rules.js';
import { isUnsafe, forwardedRequest } from './forwarded-request.js';

/** Recognises forward-auth requests before any guard runs. */
@Injectable()
export class ForwardAuthRequests {
  private readonly peers: CidrList;
  private readonly origins: ReadonlySet<string>;

  constructor(
    { GATEWAY_PEERS, GATEWAY_ORIGINS }: Environment,
    private readonly rules: GateRules,
    private readonly audit: AuditService,
  ) {
    this.peers = new CidrList(GATEWAY_PEERS);
    this.origins = new Set(GATEWAY_ORIGINS);
  }

  /**
   * Attaches what is asked to the context of a forward-auth request. Throws `not_found` for a peer that may not ask,
   * and `forbidden` for a rule that does not exist. The path beyond the name of the rule decides nothing.
   */
  note(request: FastifyRequest): void {
    if (!isForwardAuthRequest(request)) return;
    const peer = canonicalIp(request.raw.socket.remoteAddress ?? '');
    if (peer === null || !this.peers.includes(peer)) throw new Problem(PlatformErrors.not_found);
    const { rule: name, '*': below } = request.params as { rule: string; '*'?: string };
    const rule = this.rules.find(name);
    if (!rule) throw this.unknown(request, name, peer);
    const { headers, method } = request;
    // It describes a body that the forward-auth request does not have, and Fastify would refuse some types.
    delete headers['content-type'];
    const forwarded = forwardedRequest(headers, { method, below: below !== undefined });
    contextOf(request).forwardAuth = {
      rule: rule.name,
      credentials: rule.credentials,
      limits: rule.limits,
      forwarded,
      isUnsafe: isUnsafe(forwarded, headers),
      origins: this.origins,
    };
  }

  private unknown(request: FastifyRequest, rule: string, peer: string): Problem {
    const { origin } = contextOf(request);
    const event = { type: 'gateway_rule_unknown', outcome: 'failure', reason: 'forbidden' } as const;
    this.audit.recordRefusal({ ...event, origin, details: { rule, peer } });
    return new Problem(SessionErrors.forbidden);
  }
}
