import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { isIP } from 'node:net';
import { Environment } from '../../../../platform/config/environment.js';
import { Problem } from '../../../../platform/errors/problem.js';
import { AllowedOrigins } from '../../../../platform/http/allowed-origins.js';
import { AuthErrors } from '../../../auth.errors.js';

/** The relying party (WebAuthn level 3, section 4): the domain for which passkeys are made, and the origins that may use them. */
@Injectable()
export class RelyingParty implements OnApplicationBootstrap {
  readonly name: string;
  /** The domain; null if the service has none, and therefore no passkeys. */
  readonly domain: string | null;
  private readonly ownOrigin: string;
  private readonly otherOrigins: AllowedOrigins;

  constructor(environment: Environment) {
    const { hostname, origin } = new URL(environment.PUBLIC_URL);
    this.name = environment.PRODUCT_NAME;
    this.domain = isAddress(hostname) ? null : (environment.PASSKEY_RP_ID ?? hostname);
    this.ownOrigin = origin;
    this.otherOrigins = new AllowedOrigins(environment);
  }

  onApplicationBootstrap(): void {
    if (this.domain === null)
      new Logger(RelyingParty.name).warn(
        'Passkeys are unavailable, because the host of PUBLIC_URL is an IP address and not a domain',
      );
  }

  /** The domain. Throws `passkeys_unavailable` if the service has none. */
  get id(): string {
    if (this.domain === null) throw new Problem(AuthErrors.passkeys_unavailable);
    return this.domain;
  }

  /** Returns whether the pages of an origin may use the passkeys: our own, and those of `CORS_ORIGINS` under the domain. */
  allows(origin: string): boolean {
    if (origin === this.ownOrigin) return true;
    if (!this.otherOrigins.has(origin)) return false;
    const { hostname } = new URL(origin);
    return hostname === this.id || hostname.endsWith(`.${this.id}`);
  }
}

/** The URL parser has brackets around IPv6 addresses. */
const isAddress = (hostname: string) => isIP(hostname) !== 0 || hostname.startsWith('[');
