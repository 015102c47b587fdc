import type { OpenAPIObject } from '@nestjs/swagger';
import { describe, expect, it } from 'vitest';
import { closeSchemas } from './closed-schemas.js';

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: object) => ({ content: { 'application/json': { schema } } });
const object = (properties: object = {}) => ({ type: 'object', properties });

describe('The schemas of the OpenAPI document', () => {
  const schemas = {
    Body: object({ part: ref('Part'), list: { type: 'array', items: ref('Item') }, open: ref('Open') }),
    Part: object({ body: ref('Body') }),
    Item: object(),
    Open: { ...object(), additionalProperties: true },
    One: object({ user: ref('User') }),
    Other: object(),
    User: object(),
    Answer: object(),
  };
  const document = {
    components: { schemas },
    paths: {
      '/things': {
        post: {
          requestBody: json(ref('Body')),
          responses: {
            '200': json({ oneOf: [ref('One'), ref('Other')] }),
            '201': json(ref('Answer')),
            '204': {},
          },
        },
      },
    },
  } as unknown as OpenAPIObject;
  closeSchemas(document);
  const additional = (name: keyof typeof schemas) =>
    (schemas[name] as { additionalProperties?: boolean }).additionalProperties;

  it('are closed where a body uses them, also through others', () => {
    expect([additional('Body'), additional('Part'), additional('Item')]).toEqual([false, false, false]);
  });

  it('stay open where they say so', () => {
    expect(additional('Open')).toBe(true);
  });

  it('are closed as alternatives of an answer, without their parts', () => {
    expect([additional('One'), additional('Other')]).toEqual([false, false]);
    expect([additional('User'), additional('Answer')]).toEqual([undefined, undefined]);
  });
});
