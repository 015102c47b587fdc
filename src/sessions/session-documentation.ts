import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiExtraModels, ApiNoContentResponse, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';
import { OptionalToken } from '../platform/http/openapi/optional-token.decorator.js';
import { RefreshTokenDto } from './dto/refresh-token.dto.js';
import { BodySignedInDto, CookieSignedInDto } from './dto/signed-in.dto.js';
import { CLEAR_SITE_DATA } from './tokens/clear-site-data.js';

const REFRESH_TOKEN = 'AZq_bjwaf1KaQW8Kfhsk.AAAAAQ.5tLr2Qx0b9o';

const ADA = {
  id: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d',
  email: 'ada@example.com',
  displayName: 'Ada Lovelace',
  roles: ['user'],
  locale: 'en',
  emailVerified: false,
  createdAt: '2026-11-23T09:30:00.000Z',
  updatedAt: '2026-11-23T09:30:00.000Z',
};

const SESSION = {
  id: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d',
  createdAt: '2026-11-23T09:30:00.000Z',
  expiresAt: '2026-12-23T09:30:00.000Z',
};

const SIGNED_IN_EXAMPLES = {
  cookie: {
    summary: 'Cookie transport: the tokens are in Set-Cookie',
    value: { user: ADA, session: SESSION, accessTokenExpiresAt: '2026-11-23T10:00:00.000Z', expiresIn: 1800 },
  },
  body: {
    summary: 'Body transport: the tokens are here, and no cookie is set',
    value: {
      tokenType: 'Bearer',
      accessToken:
        'eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ik56Yi4uLiJ9.eyJpc3MiOiIuLi4ifQ.c2lnbmF0dXJl',
      expiresIn: 1800,
      refreshToken: REFRESH_TOKEN,
      refreshExpiresIn: 604_800,
      deviceToken: 'AZq_bjwaf1KaQW8K.9f1c2b7e',
      user: ADA,
      session: SESSION,
    },
  },
};

const setCookie = (description: string, example: string) => ({
  'Set-Cookie': { description, schema: { type: 'string' as const, example } },
});

/** OpenAPI documentation of a response that contains the tokens of a session, in either transport. */
export const SessionAnswer = (cookies: string) =>
  applyDecorators(
    ApiExtraModels(BodySignedInDto, CookieSignedInDto),
    ApiOkResponse({
      description: 'Signed in; the tokens are in the requested transport.',
      headers: setCookie(
        `In the cookie transport: ${cookies}. HttpOnly and, unless \`COOKIE_SAME_SITE\` is \`lax\`, SameSite=Strict; with https also Secure and the prefix \`__Host-\`.`,
        'access_token=eyJhbGciOi...; Max-Age=1800; Path=/; HttpOnly; SameSite=Strict',
      ),
      content: {
        'application/json': {
          schema: {
            oneOf: [{ $ref: getSchemaPath(CookieSignedInDto) }, { $ref: getSchemaPath(BodySignedInDto) }],
          },
          examples: SIGNED_IN_EXAMPLES,
        },
      },
    }),
  );

const refreshTokenBody = () =>
  ApiBody({
    type: RefreshTokenDto,
    required: false,
    examples: {
      cookie: { summary: 'A browser: it sends the cookie automatically', value: {} },
      body: {
        summary: 'Other clients: the refresh token of the last response',
        value: { refreshToken: REFRESH_TOKEN },
      },
    },
  });

/** OpenAPI documentation of a refresh: the token can be in the body or in the cookie. */
export const RefreshDocumentation = () =>
  applyDecorators(refreshTokenBody(), SessionAnswer('`access_token` and `refresh_token`'));

/** OpenAPI documentation of a logout: the tokens that it reads and the cookies that it removes. */
export const LogoutDocumentation = () =>
  applyDecorators(
    refreshTokenBody(),
    OptionalToken(),
    ApiNoContentResponse({
      description: 'Signed out, or there was no session to end.',
      headers: {
        ...setCookie(
          'Removes `access_token` and `refresh_token`; the device cookie is kept.',
          'access_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict',
        ),
        ...CLEAR_SITE_DATA,
      },
    }),
  );
