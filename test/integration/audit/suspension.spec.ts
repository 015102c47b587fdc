import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallsRepository } from '../../../src/audit/calls.repository.js';
import { CALL, startTrail, type Trail } from '../../support/audit/trail.js';
import { ManualClock } from '../../support/time/manual-clock.js';

/** The size beyond which the spool begins another file. */
const SEGMENT_BYTES = 256 * 1024;

describe('A process that is suspended while it sends its spool', () => {
  let trail: Trail;
  let clock: ManualClock;

  beforeEach(async () => {
    clock = new ManualClock(Date.now());
    trail = await startTrail({ clock });
  });
  afterEach(() => trail.stop());

  it('does not report records as lost that another process has taken over and sent meanwhile', async () => {
    while (trail.audit.spoolBytes < 2 * SEGMENT_BYTES) {
      for (let n = 0; n < 100; n += 1) trail.audit.recordCall(CALL);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const folder = join(trail.dataDir, 'audit-spool');
    const calls = trail.module.get(CallsRepository);
    const copy = calls.copy.bind(calls);
    calls.copy = async (rows) => {
      const files = readdirSync(folder);
      if (files.length > 0) clock.advance(61_000);
      for (const file of files) rmSync(join(folder, file));
      return copy(rows);
    };
    await trail.drained();
    expect(trail.audit.lostRecords).toBe(0);
  });
});
