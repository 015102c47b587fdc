import { applyDecorators } from '@nestjs/common';
import { ApiBody } from '@nestjs/swagger';
import { SessionAnswer } from '../../sessions/session-documentation.js';
import { LoginDto } from './login.dto.js';

const CREDENTIALS = { email: 'ada@example.com', password: 'wandering otters hum at 4 bells' };

/** OpenAPI documentation of a login: its body and its response, in either transport. */
export const LoginDocumentation = () =>
  applyDecorators(
    ApiBody({
      type: LoginDto,
      examples: {
        cookie: {
          summary: 'Browsers: cookie transport',
          value: { ...CREDENTIALS, tokenTransport: 'cookie' },
        },
        body: { summary: 'Other clients: body transport', value: { ...CREDENTIALS, tokenTransport: 'body' } },
      },
    }),
    SessionAnswer('`access_token`, `refresh_token` and `device`'),
  );
