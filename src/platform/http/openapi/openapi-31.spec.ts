import type { OpenAPIObject } from '@nestjs/swagger';
import { describe, expect, it } from 'vitest';
import { toOpenApi31 } from './openapi-31.js';

const document = (schemas: Record<string, unknown>) =>
  ({
    openapi: '3.0.0',
    info: { title: 'x', version: '1' },
    paths: {},
    components: { schemas },
  }) as unknown as OpenAPIObject;
const schemasOf = (schemas: Record<string, unknown>) => toOpenApi31(document(schemas)).components?.schemas;

describe('toOpenApi31', () => {
  it('names the version', () => {
    expect(toOpenApi31(document({})).openapi).toBe('3.1.0');
  });

  it('turns nullable into a type that may be null', () => {
    expect(schemasOf({ Name: { type: 'string', nullable: true, maxLength: 80 } })).toEqual({
      Name: { type: ['string', 'null'], maxLength: 80 },
    });
  });

  it('lets a nullable choice be null too', () => {
    expect(schemasOf({ Outcome: { type: 'string', enum: ['success', 'failure'], nullable: true } })).toEqual({
      Outcome: { type: ['string', 'null'], enum: ['success', 'failure', null] },
    });
  });

  it('turns a nullable reference into an alternative', () => {
    expect(schemasOf({ Fault: { $ref: '#/components/schemas/X', nullable: true } })).toEqual({
      Fault: { oneOf: [{ $ref: '#/components/schemas/X' }, { type: 'null' }] },
    });
  });

  it('does the same when the generator wraps the reference, and keeps its siblings', () => {
    const wrapped = {
      type: 'object',
      nullable: true,
      description: 'The first fault.',
      example: null,
      allOf: [{ $ref: '#/components/schemas/X' }],
    };
    expect(schemasOf({ Fault: wrapped })).toEqual({
      Fault: {
        description: 'The first fault.',
        example: null,
        oneOf: [{ $ref: '#/components/schemas/X' }, { type: 'null' }],
      },
    });
  });

  it('reaches schemas at any depth, and leaves examples of the same name alone', () => {
    const nested = {
      type: 'object',
      properties: { list: { type: 'array', items: { type: 'number', nullable: true } } },
    };
    expect(schemasOf({ Nested: nested })).toEqual({
      Nested: {
        type: 'object',
        properties: { list: { type: 'array', items: { type: ['number', 'null'] } } },
      },
    });
    expect(schemasOf({ Flag: { type: 'object', properties: { nullable: { type: 'boolean' } } } })).toEqual({
      Flag: { type: 'object', properties: { nullable: { type: 'boolean' } } },
    });
  });

  it('does not change the document that it was given', () => {
    const given = document({ Name: { type: 'string', nullable: true } });
    const before = structuredClone(given);
    toOpenApi31(given);
    expect(given).toEqual(before);
  });
});
