import type { OpenAPIObject } from '@nestjs/swagger';

/**
 * Renames the schemas to the names that generated client types should have, without the suffix `Dto`, an implementation
 * detail. Throws when two schemas would have the same name.
 */
export function withoutDtoSuffix(document: OpenAPIObject): OpenAPIObject {
  const schemas = Object.entries(document.components?.schemas ?? {});
  const names = schemas.map(([name]) => name.replace(SUFFIX, ''));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`Two schemas of the OpenAPI document would be called ${twice}.`);
  const renamed = schemas.map(([name, schema]) => [name.replace(SUFFIX, ''), schema]);
  return withReferences({
    ...document,
    components: { ...document.components, schemas: Object.fromEntries(renamed) },
  }) as OpenAPIObject;
}

const SUFFIX = /Dto$/;

function withReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withReferences);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]: [string, unknown]) => [
      name,
      name === '$ref' && typeof member === 'string' ? member.replace(SUFFIX, '') : withReferences(member),
    ]),
  );
}
