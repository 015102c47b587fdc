import { describe, expect, it } from 'vitest';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import type { AuditVerification, Verification, VerificationOptions } from './audit-verification.js';
import { SharedVerification } from './shared-verification.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('SharedVerification', () => {
  /** Returns a verification whose runs end on command. */
  function verifying() {
    const runs: PromiseWithResolvers<Verification>[] = [];
    const verify = () => {
      const run = Promise.withResolvers<Verification>();
      runs.push(run);
      return run.promise;
    };
    return { runs, shared: new SharedVerification({ verify } as unknown as AuditVerification) };
  }
  const verdict = (entries: number) => ({ intact: true, entries }) as Verification;

  it('runs once for sixty concurrent callers, and again for a later one', async () => {
    const { runs, shared } = verifying();
    const asked = Array.from({ length: 60 }, () => shared.verify({}));
    await turn();
    expect(runs).toHaveLength(1);
    runs[0]!.resolve(verdict(1));
    expect(new Set(await Promise.all(asked))).toEqual(new Set([verdict(1)]));
    const later = shared.verify({});
    await turn();
    runs[1]!.resolve(verdict(2));
    expect(await later).toEqual(verdict(2));
  });

  it('ends what runs and what waits when the process stops', async () => {
    const verify = ({ signal }: VerificationOptions) =>
      new Promise<Verification>((_resolve, reject) => {
        const end = () => reject(signal!.reason as Error);
        signal!.addEventListener('abort', end);
        if (signal!.aborted) end();
      });
    const shared = new SharedVerification({ verify } as unknown as AuditVerification);
    const asked = [shared.verify({}), shared.verify({ from: new Date(0) })];
    const ends = Promise.allSettled(asked);
    await turn();
    shared.onModuleDestroy();
    const refused = { status: 'rejected', reason: { row: PlatformErrors.dependency_unavailable } };
    expect(await ends).toMatchObject([refused, refused]);
  });

  it('verifies one range at a time, even after a failure, and refuses more than ten', async () => {
    const { runs, shared } = verifying();
    const asked = Array.from({ length: 10 }, (_, n) => shared.verify({ from: new Date(n) }));
    const failed = asked[0]!.catch((error: Error) => error.message);
    await expect(shared.verify({})).rejects.toMatchObject({ row: PlatformErrors.overloaded });
    await turn();
    expect(runs).toHaveLength(1);
    runs[0]!.reject(new Error('away'));
    expect(await failed).toBe('away');
    await turn();
    expect(runs).toHaveLength(2);
    runs[1]!.resolve(verdict(1));
    expect(await asked[1]).toEqual(verdict(1));
  });
});
