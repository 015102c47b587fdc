import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuditService } from '../audit/audit.service.js';
import { Environment } from '../platform/config/environment.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problem } from '../platform/errors/problem.js';
import { CidrList } from '../platform/http/client-ip/cidr-list.js';
import { canonicalIp } from '../platform/http/client-ip/ip-address.js';
import { isForwardAuthRequest } from '../platform/http/routes/forward-auth.decorator.js';
import { contextOf } from '../platform/http/request-context.js';
import { Admission } from '../rate-limit/admission.js';
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
    private readonly admission: Admission,
  ) {
    this.peers = new CidrList(GATEWAY_PEERS);
    this.origins = new Set(GATEWAY_ORIGINS);
  }

  /**
   * Attaches the rule and the description of the client's request to the context of a forward-auth request, unless the rule
   * does not exist. Throws `not_found` for a peer outside `GATEWAY_PEERS`. The path beyond the name of the rule is ignored.
   */
  note(request: FastifyRequest): void {
    if (!isForwardAuthRequest(request)) return;
    const peer = peerOf(request);
    if (peer === null || !this.peers.includes(peer)) throw new Problem(PlatformErrors.not_found);
    const { rule: name, '*': below } = paramsOf(request);
    const rule = this.rules.find(name);
    if (!rule) return;
    const { headers, method } = request;
    // The field describes a body that the forward-auth request does not have, and Fastify would refuse some types.
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

  /**
   * Throws `forbidden` for a rule that does not exist, and records it. The request is counted by its address first, so that
   * nothing is recorded of one that is over the limit.
   */
  async requireRule(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { forwardAuth, origin } = contextOf(request);
    if (forwardAuth) return;
    await this.admission.admitByAddress(request, reply);
    const event = { type: 'gateway_rule_unknown', outcome: 'failure', reason: 'forbidden' } as const;
    const details = { rule: paramsOf(request).rule, peer: peerOf(request)! };
    this.audit.recordRefusal({ ...event, origin, details });
    throw new Problem(SessionErrors.forbidden);
  }
}

const peerOf = ({ raw }: FastifyRequest) => canonicalIp(raw.socket.remoteAddress ?? '');

const paramsOf = ({ params }: FastifyRequest) => params as { rule: string; '*'?: string };
