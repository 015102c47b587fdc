import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ProblemRow } from '../../src/platform/errors/problem.js';

/** Section 6 of the contract, on which clients rely. */
const CONTRACT: Readonly<Record<string, number>> = {
  validation_failed: 400,
  malformed_request: 400,
  invalid_link: 400,
  invalid_challenge: 400,
  factor_required: 401,
  factor_enrollment_required: 403,
  too_many_factors: 409,
  invalid_passkey: 400,
  passkey_taken: 409,
  passkeys_unavailable: 503,
  invalid_code: 400,
  unauthenticated: 401,
  invalid_token: 401,
  session_ended: 401,
  insufficient_user_authentication: 401,
  refresh_token_reused: 401,
  invalid_credentials: 401,
  forbidden: 403,
  csrf_rejected: 403,
  email_unverified: 403,
  registration_closed: 403,
  not_found: 404,
  method_not_allowed: 405,
  email_taken: 409,
  last_administrator: 409,
  too_many_keys: 409,
  key_already_rotated: 409,
  own_roles: 403,
  wrong_status: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  cursor_expired: 410,
  rate_limited: 429,
  mail_unconfigured: 503,
  overloaded: 503,
  dependency_unavailable: 503,
  internal: 500,
};

/** The errors of `/oauth/*`, which are those of RFC 6749, 6750 and 7009. */
const OAUTH_CONTRACT: Readonly<Record<string, number>> = {
  invalid_request: 400,
  invalid_client: 401,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  invalid_scope: 400,
  unsupported_token_type: 400,
};

const OAUTH_FILE = 'src/machines/oauth/oauth.errors.ts';

async function rows(): Promise<ProblemRow[]> {
  return rowsOf(globSync('src/**/*.errors.ts').filter((file) => file !== OAUTH_FILE));
}

async function rowsOf(files: readonly string[]): Promise<ProblemRow[]> {
  const tables = await Promise.all(
    files.map(async (file) => (await import(`../../${file}`)) as Record<string, unknown>),
  );
  return tables
    .flatMap((module) => Object.values(module))
    .flatMap((table) =>
      typeof table === 'object' && table !== null ? (Object.values(table) as ProblemRow[]) : [],
    )
    .filter((row) => typeof row.code === 'string' && typeof row.status === 'number');
}

function linesOf(all: readonly ProblemRow[], anchors: boolean): string {
  return all
    .toSorted((a, b) => a.status - b.status || a.code.localeCompare(b.code))
    .map(
      ({ code, status, title, detail }) =>
        `| ${anchors ? `<a id="${code}"></a>` : ''}\`${code}\` | ${status} | ${title} | ${detail} |`,
    )
    .join('\n');
}

function page(all: readonly ProblemRow[], oauth: readonly ProblemRow[]): string {
  return `# Errors

Error responses have the type \`application/problem+json\` (RFC 9457), except those of the [OAuth endpoints](#oauth-endpoints)
and of \`GET /health/ready\`, which are \`application/json\`. Programs should rely on \`code\`, which is stable; the texts are for people. Generated from the error tables of the modules by \`npm run generate\`.

| code | status | title | detail |
| --- | --- | --- | --- |
${linesOf(all, true)}

Every problem has \`type\`, \`title\`, \`status\`, \`detail\`, \`code\` and \`requestId\`. \`type\` is relative to the URL of the service. Some have further members:

| member | with | content |
| --- | --- | --- |
| \`errors\` | \`validation_failed\` | every invalid member: \`pointer\` (RFC 6901, as in \`#/email\`) and \`detail\` |
| \`violated-policies\` | \`rate_limited\` | what refused the request: policies of \`GET /rate-limits\`, \`account-guessing\` or \`blocked-address\` |
| \`challenge\` | \`factor_required\` | the login that waits for its second factor: \`token\`, \`methods\` and \`expiresAt\` |
| \`methods\` | \`insufficient_user_authentication\` | the methods by which the user can prove who they are |

## OAuth endpoints

The routes under \`/oauth\` answer as RFC 6749 section 5.2 prescribes: \`application/json\` with \`error\` and \`error_description\`. Beside these
codes there are \`invalid_token\` (401) and \`insufficient_scope\` (403) for callers with a bearer token (RFC 6750),
\`access_denied\` (403) for pages of other origins, \`temporarily_unavailable\` (429 and 503, with \`Retry-After\`) and \`server_error\` (500).

| error | status | title | detail |
| --- | --- | --- | --- |
${linesOf(oauth, false)}
`;
}

describe('the error tables', () => {
  it('contain exactly the codes and statuses of the contract', async () => {
    const table = Object.fromEntries((await rows()).map(({ code, status }) => [code, status]));
    expect(table).toEqual(CONTRACT);
    const oauth = (await rowsOf([OAUTH_FILE])).map(({ code, status }) => [code, status]);
    expect(Object.fromEntries(oauth)).toEqual(OAUTH_CONTRACT);
  });

  it('contain each code once', async () => {
    const codes = (await rows()).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('use complete sentences', async () => {
    for (const { detail } of [...(await rows()), ...(await rowsOf([OAUTH_FILE]))])
      expect(detail).toMatch(/^[A-Z].*\.$/);
  });

  it('match docs/errors.md', async () => {
    await expect(page(await rows(), await rowsOf([OAUTH_FILE]))).toMatchFileSnapshot('../../docs/errors.md');
  });

  it('are the only errors that source files return to clients', () => {
    for (const file of globSync('src/**/*.ts', { exclude: ['src/**/*.spec.ts'] })) {
      expect(readFileSync(file, 'utf8'), file).not.toMatch(
        /new (Unauthorized|Forbidden|BadRequest|NotFound|Conflict|Http)Exception/,
      );
    }
  });
});
