import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Environment } from '../../platform/config/environment.js';

/** 400 days, the longest that browsers keep a cookie (RFC 6265bis section 5.5). */
const DEVICE_MAX_AGE_SECONDS = 400 * 24 * 60 * 60;

/** The cookies, without the prefix that they have with https. */
export type CookieName = 'access_token' | 'refresh_token' | 'device';

/**
 * The cookies of the browser transport. Scripts and other sites cannot use them, and the `__Host-` prefix protects
 * them from sibling hosts (RFC 6265bis section 4.1.3.2; ASVS 3.3). Without https, the names have no prefix.
 */
@Injectable()
export class TokenCookies {
  private readonly prefix: string;
  private readonly attributes: Omit<CookieDescription, 'name'>;

  constructor({ COOKIE_SECURE: secure, COOKIE_SAME_SITE: sameSite }: Environment) {
    this.prefix = secure ? '__Host-' : '';
    this.attributes = { path: '/', httpOnly: true, secure, sameSite };
  }

  /** The value of a cookie; null when it is absent or empty. */
  read(request: FastifyRequest, name: CookieName): string | null {
    return request.cookies[this.prefix + name] || null;
  }

  /** Whether the request has any of our cookies, which only a browser sends. */
  accompany(request: FastifyRequest): boolean {
    return (['access_token', 'refresh_token', 'device'] as const).some(
      (name) => this.read(request, name) !== null,
    );
  }

  /** Sets both token cookies; neither outlives its token. */
  setTokens(reply: FastifyReply, access: TimedValue, refresh: TimedValue): void {
    this.set(reply, 'access_token', access.value, access.maxAgeSeconds);
    this.set(reply, 'refresh_token', refresh.value, refresh.maxAgeSeconds);
  }

  setDevice(reply: FastifyReply, value: string): void {
    this.set(reply, 'device', value, DEVICE_MAX_AGE_SECONDS);
  }

  /** Removes both token cookies, with the attributes with which they were set. The device cookie is kept. */
  clearTokens(reply: FastifyReply): void {
    this.set(reply, 'access_token', '', 0);
    this.set(reply, 'refresh_token', '', 0);
  }

  /** The name of a cookie and its attributes, as browsers see them. */
  describe(name: CookieName): CookieDescription {
    return { name: this.prefix + name, ...this.attributes };
  }

  private set(reply: FastifyReply, name: CookieName, value: string, maxAge: number): void {
    void reply.setCookie(this.prefix + name, value, { ...this.attributes, maxAge });
  }
}

/** Where a cookie is sent, and who can read it. */
export interface CookieDescription {
  readonly name: string;
  readonly path: string;
  readonly httpOnly: boolean;
  readonly secure: boolean;
  readonly sameSite: 'strict' | 'lax';
}

/** The value of a cookie, and the seconds after which the browser deletes it. */
export interface TimedValue {
  readonly value: string;
  readonly maxAgeSeconds: number;
}
