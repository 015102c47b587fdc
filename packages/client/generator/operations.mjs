const STREAMS = {
  'application/x-ndjson': 'AsyncIterable<unknown>',
  'text/event-stream': 'AsyncIterable<ServerSentEvent>',
  'text/csv': 'string',
  'text/plain': 'string',
};
const FORM = 'application/x-www-form-urlencoded';

/**
 * The TypeScript module that maps each route of an OpenAPI document, such as `GET /users/me`, to what a request takes and
 * answers, by the types that @hey-api/openapi-ts generates from the same document.
 */
export function operationsModule({ paths }) {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  );
  const members = operations.map(
    ({ route, operation }) =>
      `  '${route}': {\n    options: ${optionsOf(operation)};\n    answer: ${answerOf(operation)};\n  };\n`,
  );
  const forms = operations.filter(({ operation }) => {
    const types = Object.keys(operation.requestBody?.content ?? {});
    return types.includes(FORM) && !types.includes('application/json');
  });
  return `// This file is generated from openapi.json by \`npm run generate\`.
import type { ServerSentEvent } from '../streams.js';
import type * as types from './types.gen.js';

/** What each route takes and answers. */
export interface Operations {
${members.join('')}}

/** The routes whose body is a form. */
export const FORMS: readonly string[] = [${forms.map(({ route }) => `'${route}'`).join(', ')}];

export type { ServerSentEvent };
`;
}

function optionsOf({ operationId, parameters = [], requestBody }) {
  const type = `types.${typeName(operationId)}Data`;
  const members = [];
  const add = (name, source, isRequired) =>
    members.push(
      isRequired
        ? `${name}: ${type}['${source}']`
        : `${name}?: NonNullable<${type}['${source}']> | undefined`,
    );
  const placed = (place) => parameters.filter((one) => one.in === place);
  if (placed('path').length > 0) add('params', 'path', true);
  if (placed('query').length > 0)
    add(
      'query',
      'query',
      placed('query').some(({ required }) => required),
    );
  if (requestBody) add('body', 'body', requestBody.required === true);
  return members.length > 0 ? `{ ${members.join('; ')} }` : 'object';
}

function answerOf({ operationId, responses }) {
  const answers = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([status, { content }]) => {
      // The first one is answered to requests without `Accept`; with it, callers know better than the types.
      const [type] = Object.keys(content ?? {});
      if (type === undefined) return 'undefined';
      return STREAMS[type] ?? `types.${typeName(operationId)}Responses[${status}]`;
    });
  return [...new Set(answers)].join(' | ') || 'undefined';
}

const typeName = (operationId) => operationId[0].toUpperCase() + operationId.slice(1);
