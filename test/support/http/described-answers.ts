import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { OpenAPIObject } from '@nestjs/swagger';
import { readFileSync } from 'node:fs';

type Schema = { type?: unknown; properties?: object; additionalProperties?: unknown };

/** The committed document; another contract test checks that the service generates the same one. */
export function committedDocument(): OpenAPIObject {
  return JSON.parse(readFileSync('openapi.json', 'utf8')) as OpenAPIObject;
}

/**
 * Validates bodies against the schemas of an OpenAPI 3.1 document. Objects are treated as closed, so that an
 * undocumented member is a fault, too.
 */
export class DescribedAnswers {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });

  constructor(document: OpenAPIObject) {
    const closed = structuredClone(document);
    for (const schema of Object.values(closed.components?.schemas ?? {}) as Schema[]) {
      if (schema.properties) schema.additionalProperties ??= false;
    }
    (addFormats as unknown as typeof addFormats.default)(this.ajv);
    this.ajv.addSchema({ ...closed, $id: 'openapi' });
  }

  /** The faults of a body by the schema at this path in the document; empty if there are none. */
  faults(body: unknown, ...path: string[]): string[] {
    const pointer = path.map((name) => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1')));
    // Unlike compile(), this compiles each place only once.
    const validate = this.ajv.getSchema(`openapi#/${pointer.join('/')}`)!;
    if (validate(body)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }
}
