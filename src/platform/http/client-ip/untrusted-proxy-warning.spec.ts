import { Logger } from '@nestjs/common';
import { afterEach, expect, it, vi } from 'vitest';
import { warnUntrustedProxy } from './untrusted-proxy-warning.js';

afterEach(() => vi.restoreAllMocks());

it('warns once about forwarded requests from an untrusted proxy, and admits all of them', () => {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const hook = warnUntrustedProxy() as (request: object, reply: object, done: () => void) => void;
  const done = vi.fn();
  hook({ headers: {} }, {}, done);
  expect(warn).not.toHaveBeenCalled();
  for (let request = 0; request < 3; request++)
    hook({ headers: { 'x-forwarded-for': '192.0.2.1' } }, {}, done);
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('TRUSTED_PROXIES'));
  expect(done).toHaveBeenCalledTimes(4);
});
