import { getSchemaPath } from '@nestjs/swagger';
import type { ProblemRow } from '../../platform/errors/problem.js';
import { PROBLEM_JSON } from '../../platform/http/problems/problem-document.js';
import { OAuthErrorDto } from './oauth-error.dto.js';
import { oauthErrorBody } from './oauth-error.js';

/** A response of the document. */
interface Answer {
  description?: string;
  content?: Record<string, { readonly examples?: Readonly<Record<string, unknown>> }>;
}

/** Describes the problems of an operation in the form in which OAuth endpoints send them. `rows` are those of the examples. */
export function describeOAuthErrors(
  responses: Readonly<Record<string, Answer>>,
  rows: readonly ProblemRow[],
): void {
  for (const answer of Object.values(responses)) {
    const codes = Object.keys(answer.content?.[PROBLEM_JSON]?.examples ?? {});
    const shown = rows.filter(({ code }) => codes.includes(code));
    if (shown.length === 0) continue;
    const bodies = shown.map((row) => ({ code: row.code, body: oauthErrorBody(row) }));
    const examples = Object.fromEntries(bodies.map(({ body }) => [body.error, { value: body }]));
    const content = { schema: { $ref: getSchemaPath(OAuthErrorDto) }, examples };
    answer.content = { 'application/json': content };
    for (const { code, body } of bodies)
      answer.description = answer.description?.replaceAll(`\`${code}\``, `\`${body.error}\``);
  }
}
