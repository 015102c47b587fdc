import type { OpenAPIObject } from '@nestjs/swagger';

type Json = null | boolean | number | string | Json[] | { [member: string]: Json };

/**
 * Converts the document to OpenAPI 3.1. The generator writes 3.0, whose `nullable` became JSON Schema's
 * `"type": [..., "null"]` (OpenAPI 3.1.1, section 4.8.24).
 */
export function toOpenApi31(document: OpenAPIObject): OpenAPIObject {
  const converted = convert(document as unknown as Json) as unknown as OpenAPIObject;
  return { ...converted, openapi: '3.1.0' };
}

function convert(value: Json): Json {
  if (Array.isArray(value)) return value.map(convert);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, convert(member)]));
  return members['nullable'] === true ? withNull(members) : members;
}

function withNull({ nullable: _nullable, ...schema }: Record<string, Json>): Json {
  const { $ref, allOf, type: _type, ...annotations } = schema;
  // The generator wraps a reference with siblings in `allOf`; a `null` type next to that would never validate.
  const [reference] = $ref === undefined ? (Array.isArray(allOf) ? allOf : []) : [{ $ref }];
  if (reference !== undefined) return { ...annotations, oneOf: [reference, { type: 'null' }] };
  if (typeof schema['type'] === 'string') {
    const open = { ...schema, type: [schema['type'], 'null'] };
    return Array.isArray(schema['enum']) ? { ...open, enum: [...schema['enum'], null] } : open;
  }
  return { oneOf: [schema, { type: 'null' }] };
}
