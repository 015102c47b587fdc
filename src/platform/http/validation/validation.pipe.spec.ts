import type { ArgumentMetadata } from '@nestjs/common';
import { fc } from '@fast-check/vitest';
import { Type } from 'class-transformer';
import { IsOptional, IsString, ValidateNested } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { PlatformErrors } from '../../errors/platform.errors.js';
import { Problem } from '../../errors/problem.js';
import { StrictValidationPipe } from './validation.pipe.js';

class Inner {
  @IsString({ message: 'name must be text' })
  name: string;
}

class Outer {
  @IsString({ message: 'title must be text' })
  title: string;

  @IsOptional()
  @ValidateNested()
  @Type(() => Inner)
  inner?: Inner;
}

const pipe = new StrictValidationPipe();
const BODY: ArgumentMetadata = { type: 'body', metatype: Outer };

/** Returns the faults of a body by their pointers, or null if it was accepted. Rethrows any other error. */
async function faultsOf(body: unknown): Promise<Record<string, string> | null> {
  try {
    await pipe.transform(body, BODY);
    return null;
  } catch (error) {
    if (!(error instanceof Problem) || error.row !== PlatformErrors.validation_failed) throw error;
    return Object.fromEntries(error.occurrence.errors!.map(({ pointer, detail }) => [pointer, detail]));
  }
}

describe('StrictValidationPipe', () => {
  it('makes the body an instance of its class', async () => {
    const outer: unknown = await pipe.transform({ title: 'a', inner: { name: 'b' } }, BODY);
    expect(outer).toBeInstanceOf(Outer);
    expect((outer as Outer).inner).toBeInstanceOf(Inner);
  });

  it('names every fault by a JSON Pointer as URI fragment', async () => {
    expect(await faultsOf({ title: 1, inner: { name: [] } })).toEqual({
      '#/title': 'title must be text',
      '#/inner/name': 'name must be text',
    });
  });

  it('refuses members that the class does not declare', async () => {
    expect(Object.keys((await faultsOf({ title: 'a', admin: true, inner: { name: 'b', x: 1 } }))!)).toEqual([
      '#/admin',
      '#/inner/x',
    ]);
  });

  it.each([[[]], ['text'], [7], [true], [null], [[{ title: 'a' }]]])(
    'refuses %j instead of an object',
    async (body) => {
      expect(await faultsOf(body)).toEqual({ '#': 'the body must be a JSON object' });
    },
  );

  it('treats a missing body as an empty object', async () => {
    expect(await faultsOf(undefined)).toEqual({ '#/title': 'title must be text' });
  });

  it.each([
    ['a/b', '#/a~1b'],
    ['a~b', '#/a~0b'],
    ['ä %', '#/%C3%A4%20%25'],
    ['', '#/'],
    ['\ud800', '#/%EF%BF%BD'],
    [`${'a'.repeat(63)}😀`, `#/${'a'.repeat(63)}%EF%BF%BD`],
    ['x'.repeat(5000), `#/${'x'.repeat(64)}`],
  ])('escapes the member %o', async (member, pointer) => {
    expect(Object.keys((await faultsOf({ title: 'a', [member]: 1 }))!)).toEqual([pointer]);
  });

  it('reports a fault for an unknown member of any name, and throws nothing else', async () => {
    const names = fc.oneof(
      fc.constantFrom(
        'constructor',
        'prototype',
        'hasOwnProperty',
        'toString',
        'valueOf',
        'then',
        'length',
        'toJSON',
      ),
      fc.string({ unit: 'binary', maxLength: 80 }),
    );
    await fc.assert(
      fc.asyncProperty(names, fc.jsonValue({ maxDepth: 3 }), async (name, value) => {
        fc.pre(!['title', 'inner', '__proto__'].includes(name));
        expect(await faultsOf({ title: 'a', [name]: value })).not.toBeNull();
      }),
      { numRuns: 300 },
    );
  });
});
