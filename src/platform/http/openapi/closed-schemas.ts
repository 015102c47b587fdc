import type { OpenAPIObject } from '@nestjs/swagger';

type Json = null | boolean | number | string | Json[] | { [member: string]: Json };
type Schema = Record<string, Json>;

const PREFIX = '#/components/schemas/';

/**
 * Says of every schema of a request body that it has no other members, because the validation pipe refuses them, and of
 * every alternative of a response, so that exactly one of them matches. A schema that already has
 * `additionalProperties` keeps it.
 */
export function closeSchemas(document: OpenAPIObject): void {
  const schemas = (document.components?.schemas ?? {}) as unknown as Record<string, Schema>;
  const closed = new Set<Schema>();
  const resolved = (schema: Schema): Schema => {
    const { $ref } = schema;
    return typeof $ref === 'string' ? schemas[$ref.slice(PREFIX.length)]! : schema;
  };
  const close = (schema: Schema): void => {
    if (schema['properties'] !== undefined) schema['additionalProperties'] ??= false;
  };
  const closeDeeply = (reference: Schema): void => {
    const schema = resolved(reference);
    if (closed.has(schema)) return;
    closed.add(schema);
    close(schema);
    const { properties, items, oneOf, anyOf, allOf } = schema;
    const parts = [Object.values(properties ?? {}), items ?? [], oneOf ?? [], anyOf ?? [], allOf ?? []];
    for (const part of parts.flat() as Schema[]) closeDeeply(part);
  };
  for (const operation of Object.values(document.paths).flatMap((item) => Object.values(item) as Schema[])) {
    for (const schema of schemasOf(operation['requestBody'])) closeDeeply(schema);
    for (const answer of Object.values(operation['responses'] as Schema))
      for (const { oneOf } of schemasOf(answer))
        for (const alternative of (oneOf ?? []) as Schema[]) close(resolved(alternative));
  }
}

/** The schemas of a body or a response, one for each media type. */
function schemasOf(body: Json | undefined): Schema[] {
  const content = ((body as Schema | undefined)?.['content'] ?? {}) as Record<string, { schema?: Schema }>;
  return Object.values(content).flatMap(({ schema }) => (schema ? [schema] : []));
}
