import type { OpenAPIObject } from '@nestjs/swagger';

type Header = NonNullable<NonNullable<OpenAPIObject['components']>['headers']>[string];

/** A response of the document, apart from its body. */
export interface ResponseObject {
  headers?: Record<string, unknown>;
  readonly content?: Readonly<Record<string, unknown>>;
}

/**
 * Adds these header fields to the responses selected by `applies`. Each field is described once, among the components;
 * otherwise the text would be repeated for every status of every route.
 */
export function describeHeaders(
  document: OpenAPIObject,
  headers: Readonly<Record<string, Header>>,
  applies: (status: string, answer: ResponseObject, operation: object) => boolean,
): void {
  const components = (document.components ??= {});
  components.headers = { ...components.headers, ...headers };
  const references = Object.fromEntries(
    Object.keys(headers).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );
  for (const operation of Object.values(document.paths).flatMap((item) => Object.values(item) as unknown[])) {
    const { responses } = operation as { responses: Record<string, ResponseObject> };
    for (const [status, answer] of Object.entries(responses)) {
      if (applies(status, answer, operation as object)) {
        answer.headers = { ...answer.headers, ...references };
      }
    }
  }
}

/** Sent with every response of the service. */
export const REQUEST_ID_HEADER = {
  'X-Request-Id': {
    description:
      "The request's id in the log and in the audit trail. The client's own id is kept when it matches `[A-Za-z0-9._-]{8,64}`.",
    schema: { type: 'string', example: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d' },
  },
} as const satisfies Record<string, Header>;

/** Sent when a retry can succeed later. */
export const RETRY_HEADER = {
  'Retry-After': {
    description: 'Whole seconds to wait before trying again.',
    schema: { type: 'integer', minimum: 1, example: 30 },
  },
} as const satisfies Record<string, Header>;
