import { applyDecorators } from '@nestjs/common';
import { ApiBody } from '@nestjs/swagger';
import { SessionAnswer } from '../../sessions/session-documentation.js';
import { LoginDto } from './login.dto.js';

const CREDENTIALS = { email: 'ada@example.com', password: 'wandering otters hum at 4 bells' };

/** What the OpenAPI document says of a login's body and answer, in either transport. */
export const LoginDocumentation = () =>
  applyDecorators(
    ApiBody({
      type: LoginDto,
      examples: {
        cookie: { summary: 'A browser: cookies', value: { ...CREDENTIALS, tokenTransport: 'cookie' } },
        body: { summary: 'Everything else: body', value: { ...CREDENTIALS, tokenTransport: 'body' } },
      },
    }),
    SessionAnswer('`access_token`, `refresh_token` and `device`'),
  );
