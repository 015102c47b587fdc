import {
  BadRequestException,
  HttpException,
  NotFoundException,
  PayloadTooLargeException,
} from '@nestjs/common';
import { errorCodes } from 'fastify';
import { describe, expect, it } from 'vitest';
import { PlatformErrors } from '../../errors/platform.errors.js';
import { Problem } from '../../errors/problem.js';
import { toProblem } from './to-problem.js';

const codeOf = (thrown: unknown) => toProblem(thrown).row.code;

describe('toProblem', () => {
  it('leaves a problem as it is', () => {
    const problem = new Problem(PlatformErrors.overloaded);
    expect(toProblem(problem)).toBe(problem);
  });

  it.each([
    [new NotFoundException(), 'not_found'],
    [new PayloadTooLargeException(), 'payload_too_large'],
    [new BadRequestException('a text of the library'), 'malformed_request'],
    [new HttpException('teapot', 418), 'malformed_request'],
    [errorCodes.FST_ERR_CTP_BODY_TOO_LARGE(), 'payload_too_large'],
    [errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE(), 'unsupported_media_type'],
    [errorCodes.FST_ERR_CTP_INVALID_CONTENT_LENGTH(), 'malformed_request'],
    [errorCodes.FST_ERR_BAD_URL('%zz'), 'malformed_request'],
    [Object.assign(new Error('of http-errors'), { statusCode: 403, expose: true }), 'malformed_request'],
    [Object.assign(new Error('of http-errors'), { statusCode: 404, expose: true }), 'not_found'],
  ])('maps a refusal of the HTTP layer: %s', (thrown, code) => {
    expect(codeOf(thrown)).toBe(code);
  });

  it('blames the client, not a dependency, for an incomplete body', () => {
    // What Fastify makes of Node's "aborted" while it reads a body.
    const broken = Object.assign(new Error('aborted'), { code: 'ECONNRESET', statusCode: 400 });
    expect(codeOf(broken)).toBe('malformed_request');
  });

  it('maps a broken connection of the service to an unavailable dependency', () => {
    expect(codeOf(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))).toBe(
      'dependency_unavailable',
    );
  });

  it.each([
    [new Error('secret detail')],
    [new HttpException('gateway', 502)],
    [Object.assign(new Error('a library that names a status'), { statusCode: 404 })],
    [Object.assign(new Error('and a code'), { statusCode: 400, code: 'EVIL' })],
    ['a text'],
    [undefined],
    [null],
    [{ statusCode: 404 }],
  ])('hides every other error from the client: %s', (thrown) => {
    const problem = toProblem(thrown);
    expect(problem.row).toBe(PlatformErrors.internal);
    expect(problem.occurrence.detail).toBeUndefined();
    expect(problem.occurrence.cause).toBe(thrown);
  });
});
