import { Injectable } from '@nestjs/common';
import type { Principal } from '../platform/access/principal.js';
import { Assertions } from './assertions.js';
import { callerFacts } from './caller-facts.js';
import type { GateRule } from './rules/gate-rule.js';

/** The fields that a proxy copies to the application, all of them with every answer. */
export const IDENTITY_HEADERS = [
  'x-portcullis-user',
  'x-portcullis-session',
  'x-portcullis-roles',
  'x-portcullis-scopes',
  'x-portcullis-acr',
  'x-portcullis-key',
  'x-portcullis-assertion',
] as const;

/** The identity of a caller, as header fields. */
export type Identity = Readonly<Record<(typeof IDENTITY_HEADERS)[number], string>>;

/** The fields for a request without a caller: present and empty, so that a proxy replaces those that the client sent. */
export const NO_IDENTITY = Object.fromEntries(IDENTITY_HEADERS.map((name) => [name, ''])) as Identity;

/** Describes callers to applications. */
@Injectable()
export class IdentityHeaders {
  constructor(private readonly assertions: Assertions) {}

  async of(principal: Principal | null, rule: GateRule): Promise<Identity> {
    if (!principal) return NO_IDENTITY;
    const { subject, sessionId, keyId, roles, scopes, acr } = callerFacts(principal);
    const { audience } = rule;
    return {
      'x-portcullis-user': subject,
      'x-portcullis-session': sessionId ?? '',
      'x-portcullis-roles': roles.join(' '),
      'x-portcullis-scopes': scopes.join(' '),
      'x-portcullis-acr': acr ?? '',
      'x-portcullis-key': keyId ?? '',
      'x-portcullis-assertion':
        audience === null ? '' : await this.assertions.about(principal, { ...rule, audience }),
    };
  }
}
