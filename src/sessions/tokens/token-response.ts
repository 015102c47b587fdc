import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Clock } from '../../platform/clock/clock.js';
import { TokenCookies } from './token-cookies.js';
import type { TokenTransport } from './token-transport.js';
import { BodySignedInDto, CookieSignedInDto, SessionDto } from '../dto/signed-in.dto.js';
import { RefreshTokens } from '../refresh/refresh-tokens.js';
import type { Session } from '../session.entity.js';
import type { IssuedSession } from '../issued-session.js';
import { AccessTokens } from './access-tokens.js';

/** Issues the tokens of a session and returns them in the transport that the client requested. */
@Injectable()
export class TokenResponse {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly cookies: TokenCookies,
    private readonly clock: Clock,
  ) {}

  /** In the cookie transport, the tokens are only in `Set-Cookie`; in the body transport, they are only in the body. */
  async send(
    { profile, session, readAt, deviceToken }: IssuedSession,
    transport: TokenTransport,
    reply: FastifyReply,
  ): Promise<CookieSignedInDto | BodySignedInDto> {
    const access = await this.accessTokens.mint(profile, session, readAt);
    const refreshToken = this.refreshTokens.mint({ sessionId: session.id, generation: session.generation });
    const refreshExpiresIn = Math.max(
      0,
      Math.floor((session.idleExpiresAt.getTime() - this.clock.nowMs()) / 1000),
    );
    const user = { ...profile, roles: [...profile.roles] };
    if (transport === 'cookie') {
      this.cookies.setTokens(
        reply,
        { value: access.token, maxAgeSeconds: access.expiresIn },
        { value: refreshToken, maxAgeSeconds: refreshExpiresIn },
      );
      this.cookies.setDevice(reply, deviceToken);
      return {
        user,
        session: sessionDto(session),
        accessTokenExpiresAt: access.expiresAt.toISOString(),
        expiresIn: access.expiresIn,
      };
    }
    return {
      tokenType: 'Bearer',
      accessToken: access.token,
      expiresIn: access.expiresIn,
      refreshToken,
      refreshExpiresIn,
      deviceToken,
      user,
      session: sessionDto(session),
    };
  }

  /** Removes the cookies of both tokens. */
  clear(reply: FastifyReply): void {
    this.cookies.clearTokens(reply);
  }
}

function sessionDto({ id, createdAt, expiresAt }: Session): SessionDto {
  return { id, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
}
