import type { OpenAPIObject } from '@nestjs/swagger';
import { describe, expect, it } from 'vitest';
import { withoutDtoSuffix } from './schema-names.js';

const document = (schemas: Record<string, unknown>) =>
  ({
    openapi: '3.0.0',
    info: { title: 'x', version: '1' },
    paths: {},
    components: { schemas },
  }) as unknown as OpenAPIObject;

describe('withoutDtoSuffix', () => {
  it('renames schemas and the references to them', () => {
    const items = { type: 'array', items: { $ref: '#/components/schemas/AlertDto' } };
    const { components } = withoutDtoSuffix(document({ AlertDto: { type: 'object' }, PageDto: items }));
    expect(components?.schemas).toEqual({
      Alert: { type: 'object' },
      Page: { type: 'array', items: { $ref: '#/components/schemas/Alert' } },
    });
  });

  it('refuses to give two schemas one name', () => {
    expect(() => withoutDtoSuffix(document({ Alert: {}, AlertDto: {} }))).toThrow('would be called Alert');
  });
});
