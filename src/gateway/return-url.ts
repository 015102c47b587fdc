import { Injectable } from '@nestjs/common';
import type { ForwardedRequest } from '../platform/access/forward-auth.js';
import { Environment } from '../platform/config/environment.js';

/** Decides where a browser may be sent after a login. */
@Injectable()
export class ReturnUrl {
  private readonly origins: ReadonlySet<string>;

  constructor(private readonly environment: Environment) {
    this.origins = new Set(environment.GATEWAY_ORIGINS);
  }

  /**
   * Returns an address in the form in which browsers understand it, if its origin is exactly one of `GATEWAY_ORIGINS`;
   * otherwise null. Names and passwords are not accepted, because they make another host look like a listed one.
   */
  accepted(address: string): string | null {
    if (!URL.canParse(address)) return null;
    const { protocol, origin, username, password, href } = new URL(address);
    // The origin of `blob:https://app.example.com/...` is that of the address in it.
    const isWeb = protocol === 'https:' || protocol === 'http:';
    return isWeb && this.origins.has(origin) && username === '' && password === '' ? href : null;
  }

  /** Returns the address of the login page that leads back to the request; null if no login may lead there. */
  loginFor({ protocol, host, uri }: ForwardedRequest): string | null {
    const { LOGIN_URL } = this.environment;
    if (LOGIN_URL === undefined || protocol === null || host === null || uri === null) return null;
    const back = this.accepted(`${protocol}://${host}${uri}`);
    if (back === null) return null;
    const login = new URL(LOGIN_URL);
    login.searchParams.set('rd', back);
    return login.href;
  }
}
