import { Injectable } from '@nestjs/common';
import { SystemClock } from '../../platform/clock/clock.js';
import { Environment } from '../../platform/config/environment.js';
import type { BodySignedInDto } from '../../sessions/dto/signed-in.dto.js';
import { type CookieName, TokenCookies } from '../../sessions/tokens/token-cookies.js';
import type { BrowserCookieDto } from './test-sessions.dto.js';

/** Describes the cookies of a session, as a browser has them after a login. */
@Injectable()
export class BrowserCookies {
  private readonly domain: string;
  private readonly browser = new SystemClock();

  constructor(
    private readonly cookies: TokenCookies,
    { PUBLIC_URL }: Environment,
  ) {
    this.domain = new URL(PUBLIC_URL).hostname;
  }

  /** Returns the cookies that hold the same tokens. */
  of({
    accessToken,
    expiresIn,
    refreshToken,
    refreshExpiresIn,
    deviceToken,
  }: BodySignedInDto): BrowserCookieDto[] {
    return [
      this.cookie('access_token', accessToken, expiresIn),
      this.cookie('refresh_token', refreshToken, refreshExpiresIn),
      // It outlives the session, and matters to tests as long as that.
      this.cookie('device', deviceToken, refreshExpiresIn),
    ];
  }

  private cookie(name: CookieName, value: string, maxAgeSeconds: number): BrowserCookieDto {
    const { sameSite, ...attributes } = this.cookies.describe(name);
    const expires = Math.floor(this.browser.nowMs() / 1000) + maxAgeSeconds;
    return {
      value,
      domain: this.domain,
      expires,
      ...attributes,
      sameSite: sameSite === 'lax' ? 'Lax' : 'Strict',
    };
  }
}
