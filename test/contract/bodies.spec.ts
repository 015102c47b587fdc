import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { getMetadataStorage } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Problem } from '../../src/platform/errors/problem.js';
import { parseJson } from '../../src/platform/http/bodies/json-body.js';
import { bodyTypeOf } from '../../src/platform/http/openapi/body-type.js';
import { StrictListPipe } from '../../src/platform/http/validation/list-body.decorator.js';
import { declaredRoutes } from '../../src/platform/http/routes/route-walk.js';
import { StrictValidationPipe } from '../../src/platform/http/validation/validation.pipe.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { committedDocument, DescribedAnswers } from '../support/http/described-answers.js';

/** Almost the maximum size of a body, in bytes. */
const SIZE = 62_000;

/** How long one body may block the event loop, milliseconds. */
const LONGEST_MS = 50;

const filled = (unit: string) => unit.repeat(Math.floor(SIZE / Buffer.byteLength(unit)));
const list = (item: string) =>
  `[${Array(Math.floor((SIZE - 2) / (item.length + 1)))
    .fill(item)
    .join(',')}]`;

/** JSON texts whose processing time grows faster than their length if it is not bounded. */
const HOSTILE = {
  'combining marks in descending order of their class': JSON.stringify(
    filled('\u0345\u0315\u0301\u0327\u0334'),
  ),
  'a letter with combining marks of two classes': JSON.stringify(`a${filled('\u0315\u0300')}`),
  'characters of eighteen times the length': JSON.stringify(filled('\ufdfa')),
  'Hangul letters': JSON.stringify(filled('\u1100\u1161\u11a8')),
  'pairs of surrogates': JSON.stringify(filled('😀')),
  'lone surrogates': `"${'\\ud800'.repeat(SIZE / 6)}"`,
  'an address of dots': JSON.stringify(`${filled('a.')}@example.com`),
  'an address of at signs': JSON.stringify(filled('@')),
  'a domain of labels': JSON.stringify(`a@${filled('a.')}`),
  spaces: JSON.stringify(filled(' ')),
  'a list of numbers': list('1'),
  'a list of lists': list('[]'),
  'a list of lists of lists': list('[[[[[[[[[[]]]]]]]]]]'),
  'a list of objects': list('{}'),
  'a list of texts': list('""'),
} as const;

/** Secrets of mails and logins: a malformed one is refused later, alike with one that is wrong. */
const SECRETS = new Set(['token', 'code', 'challenge']);

/** Members that may be text of any length, since such a text is no genuine secret. */
const OF_ANY_LENGTH = new Set([...SECRETS, 'refreshToken']);

describe('every body', () => {
  const pipe = new StrictValidationPipe();
  let app: TestApp;
  let bodies: { name: string; type: new () => object; members: string[] }[];
  beforeAll(async () => {
    app = await startApp();
    const routes = declaredRoutes(app.app.get(DiscoveryService), app.app.get(MetadataScanner));
    bodies = routes.flatMap((route) => {
      const type = bodyTypeOf(route);
      // Its items are validated one by one, each as a body of its own.
      if (type === Array) return [];
      return type ? [{ name: `${route.method} ${route.path}`, type, members: membersOf(type) }] : [];
    });
  });
  afterAll(() => app.close());

  it('that is a list has a pipe for its items', () => {
    const routes = declaredRoutes(app.app.get(DiscoveryService), app.app.get(MetadataScanner));
    const lists = routes.filter((route) => bodyTypeOf(route) === Array);
    expect(lists.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /secret-scanning']);
    for (const { controller, name } of lists) {
      const parameters = Object.values(
        Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) as Record<string, { pipes: unknown[] }>,
      );
      expect(parameters.flatMap(({ pipes }) => pipes)).toEqual([expect.any(StrictListPipe)]);
    }
  });

  const membersOf = (type: new () => object) => [
    ...new Set(
      getMetadataStorage()
        .getTargetValidationMetadatas(type, '', false, false)
        .map(({ propertyName }) => propertyName),
    ),
  ];

  /** The pointers to the invalid members, `#` for a body that is refused unread; other errors are rethrown. */
  async function faultsOf(type: new () => object, json: string): Promise<string[]> {
    try {
      await pipe.transform(parseJson(Buffer.from(json)), { type: 'body', metatype: type });
      return [];
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return (error.occurrence.errors ?? [{ pointer: '#' }]).map(({ pointer }) => pointer);
    }
  }

  it('is known', () => {
    expect(bodies.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['POST /auth/register', 'POST /auth/login', 'PUT /users/me']),
    );
    for (const { name, members } of bodies) expect(members, name).not.toEqual([]);
  });

  it.each(Object.entries(HOSTILE))(
    'is validated in time if a member consists of %s',
    async (_what, value) => {
      for (const { name, type, members } of bodies) {
        for (const member of [...members, 'unknown']) {
          const json = `{${JSON.stringify(member)}:${value}}`;
          const tries: number[] = [];
          // The best of ten, because the machine may be busy.
          while (tries.length < 10 && Math.min(LONGEST_MS, ...tries) >= LONGEST_MS) {
            const startedAt = performance.now();
            const faults = await faultsOf(type, json);
            tries.push(performance.now() - startedAt);
            const refused = [...(OF_ANY_LENGTH.has(member) ? [[]] : []), [`#/${member}`], ['#']];
            expect(refused, `${name} ${member}`).toContainEqual(
              faults.filter((one) => one === '#' || one === `#/${member}`),
            );
          }
          expect(Math.min(...tries), `${name} ${member}, milliseconds`).toBeLessThan(LONGEST_MS);
        }
      }
    },
  );

  it('treats null as the absence of an optional member, as the document says', async () => {
    const described = new DescribedAnswers(committedDocument());
    let optional = 0;
    for (const { name, type, members } of bodies) {
      const documented = (member: string) =>
        Reflect.getMetadata('swagger/apiModelProperties', type.prototype as object, member) as
          { required?: boolean } | undefined;
      for (const member of members.filter((one) => documented(one)?.required === false)) {
        optional += 1;
        expect(await faultsOf(type, `{"${member}":null}`), `${name} ${member}`).toEqual(
          await faultsOf(type, '{}'),
        );
        const schema = ['schemas', type.name.replace(/Dto$/, ''), 'properties', member];
        expect(described.faults(null, 'components', ...schema), `${name} ${member}`).toEqual([]);
      }
    }
    expect(optional).toBeGreaterThanOrEqual(4);
  });

  it('is refused with all invalid members at once', async () => {
    for (const { name, type, members } of bodies) {
      const all = [...members, 'constructor', 'unknown'];
      const faults = await faultsOf(
        type,
        JSON.stringify(Object.fromEntries(all.map((member) => [member, {}]))),
      );
      const judged = (pointers: readonly string[]) =>
        pointers.filter((pointer) => !SECRETS.has(pointer.slice('#/'.length))).toSorted();
      expect(judged(faults), name).toEqual(judged(all.map((member) => `#/${member}`)));
    }
  });
});
