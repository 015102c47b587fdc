import { describe, expect, it } from 'vitest';
import { StrengthEstimator } from './strength-estimator.js';

describe('the estimator of the strength of passwords', () => {
  it('loads its dictionaries beside the event loop', async () => {
    const estimator = new StrengthEstimator();
    const before = process.threadCpuUsage();
    expect(await estimator.isListed(['trustno1', 'wovenglassotter'])).toBe(true);
    const { user, system } = process.threadCpuUsage(before);
    // Loading them takes 300 ms.
    expect((user + system) / 1000).toBeLessThan(100);
    await estimator.onApplicationShutdown();
  });

  it('refuses further passwords while a hundred wait', async () => {
    const estimator = new StrengthEstimator();
    const evaluations = Array.from({ length: 150 }, () => estimator.isListed(['trustno1']));
    const outcomes = await Promise.allSettled(evaluations);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(100);
    expect(outcomes.at(-1)).toMatchObject({ reason: { row: { code: 'overloaded', status: 503 } } });
    await estimator.onApplicationShutdown();
  });
});
