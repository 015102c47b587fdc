import type { OpenAPIObject } from '@nestjs/swagger';

type Header = NonNullable<NonNullable<OpenAPIObject['components']>['headers']>[string];

/** What one answer of the document holds besides its body. */
export interface Answer {
  headers?: Record<string, unknown>;
  readonly content?: Readonly<Record<string, unknown>>;
}

/**
 * Says of the answers that `applies` picks that they carry these header fields. Each is described once, among the
 * components, or the same sentences would stand in the document at every status of every route.
 */
export function describeHeaders(
  document: OpenAPIObject,
  headers: Readonly<Record<string, Header>>,
  applies: (status: string, answer: Answer, operation: object) => boolean,
): void {
  const components = (document.components ??= {});
  components.headers = { ...components.headers, ...headers };
  const references = Object.fromEntries(
    Object.keys(headers).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );
  for (const operation of Object.values(document.paths).flatMap((item) => Object.values(item) as unknown[])) {
    const { responses } = operation as { responses: Record<string, Answer> };
    for (const [status, answer] of Object.entries(responses)) {
      if (applies(status, answer, operation as object)) {
        answer.headers = { ...answer.headers, ...references };
      }
    }
  }
}

/** On every answer of the service, whatever it is. */
export const REQUEST_ID_HEADER = {
  'X-Request-Id': {
    description:
      "The request's name in the log and in the trail. A client's own is kept when it matches `[A-Za-z0-9._-]{8,64}`.",
    schema: { type: 'string', example: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d' },
  },
} as const satisfies Record<string, Header>;

/** Where trying again later helps. */
export const RETRY_HEADER = {
  'Retry-After': {
    description: 'Whole seconds after which the request may pass.',
    schema: { type: 'integer', minimum: 1, example: 30 },
  },
} as const satisfies Record<string, Header>;
