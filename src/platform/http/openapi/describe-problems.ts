import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { Problem, type ProblemOccurrence, type ProblemRow } from '../../errors/problem.js';
import { PROBLEM_JSON, problemDocument } from '../problems/problem-document.js';
import { ProblemDto } from './problem.dto.js';
import type { DeclaredRoute } from '../routes/route-walk.js';

/** Additions of the examples to their rows; they apply to every route that reads a body or a query. */
const OCCURRENCES: Readonly<Record<string, ProblemOccurrence>> = {
  validation_failed: {
    errors: [{ pointer: '#/nickname', detail: 'property nickname should not exist' }],
  },
};

const EXAMPLE_REQUEST_ID = '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d';

/** Adds these problems to a route's documentation: one response per status, with an example for each code. */
export function describeProblems({ controller, name }: DeclaredRoute, rows: readonly ProblemRow[]): void {
  const { prototype } = controller;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name) as TypedPropertyDescriptor<unknown>;
  ApiExtraModels(ProblemDto)(prototype as object, name, descriptor);
  for (const [status, alike] of Map.groupBy(rows, (row) => row.status)) {
    const challenge = challengeOf(alike);
    ApiResponse({
      status,
      description: alike.map((row) => `\`${row.code}\`: ${row.detail}`).join('\n\n'),
      content: { [PROBLEM_JSON]: problemContent(alike) },
      ...(challenge !== null && {
        headers: {
          'WWW-Authenticate': { description: challenge, schema: { type: 'string', example: 'Bearer' } },
        },
      }),
    })(prototype as object, name, descriptor);
  }
}

/** Describes the challenge of a response with one of these problems, which have the same status; null if it has none. */
function challengeOf(alike: readonly ProblemRow[]): string | null {
  if (alike.some(({ status }) => status === 401))
    return 'How to sign in. Contains an `error` if a token was sent: `invalid_token` (RFC 6750), or `insufficient_user_authentication`, which names the required level and age of the proof (RFC 9470).';
  if (alike.some(({ code }) => code === 'forbidden'))
    return 'Sent to programs: the `error` is `insufficient_scope` (RFC 6750), and `scope` names the one that the endpoint requires, if it accepts any.';
  return null;
}

/** Returns schema and examples of problem responses; `occurrence` is shown in the examples in addition to the row. */
export function problemContent(rows: readonly ProblemRow[], occurrence?: ProblemOccurrence) {
  return {
    schema: { $ref: getSchemaPath(ProblemDto) },
    examples: Object.fromEntries(
      rows.map((row) => {
        const problem = new Problem(row, occurrence ?? OCCURRENCES[row.code]);
        return [row.code, { value: problemDocument(problem, EXAMPLE_REQUEST_ID) }];
      }),
    ),
  };
}
