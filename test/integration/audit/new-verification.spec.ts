import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CheckpointFile } from '../../../src/audit/seals/checkpoint-file.js';
import { VerifiedSoFar } from '../../../src/audit/verification/verified-so-far.js';
import { startTrail, type Trail } from '../../support/audit/trail.js';
import { Tamperer } from '../../support/audit/tamperer.js';

describe('The verification of new entries', () => {
  let trail: Trail;
  let attacker: Tamperer;
  let events: string[];

  const verifyNew = (signal?: AbortSignal) => trail.verification.verifyNew(signal);
  const file = () => join(trail.dataDir, 'audit-verified.json');
  const forgetCheckpoints = (of = trail) => {
    of.module.get(CheckpointFile).read = () => [];
  };
  /** Restarts the same installation. */
  const restarted = () => startTrail({ database: trail.database, settings: { DATA_DIR: trail.dataDir } });

  async function cutTail(): Promise<void> {
    await attacker.change('DELETE FROM audit_events WHERE id = ANY($1)', events.slice(-5));
    await attacker.change('DELETE FROM audit_seals WHERE number = 3');
    await attacker.change(
      'DELETE FROM audit_calls WHERE id = $1',
      (await attacker.ids('audit_calls')).at(-1),
    );
  }

  beforeEach(async () => {
    trail = await startTrail();
    attacker = await Tamperer.on(trail.database.superuserUrl);
    // Three seals, each with five events and a call.
    for (let seal = 0; seal < 3; seal++) await trail.grow(5);
    events = await attacker.ids('audit_events');
  });
  afterEach(async () => {
    await attacker.end();
    await trail.stop();
  });

  it('reports a fault once', async () => {
    expect(await verifyNew()).toMatchObject({ intact: true, entries: 18 });
    await trail.grow(5);
    const fresh = (await attacker.ids('audit_events')).at(-1);
    await attacker.change('DELETE FROM audit_events WHERE id = $1', fresh);
    expect(await verifyNew()).toMatchObject({ entries: 5, firstFault: { id: fresh } });
    expect(await verifyNew()).toMatchObject({ intact: true, entries: 0 });
  });

  it('detects that the chain it verified before was replaced', async () => {
    await verifyNew();
    forgetCheckpoints();
    await cutTail();
    await trail.grow(2);
    const replaced = { firstFault: { id: 'seal:3', kind: 'seal_replaced' } };
    expect(await verifyNew()).toMatchObject(replaced);
    expect(await verifyNew()).toMatchObject({ intact: true });
  });

  it('detects that the chain was cut before the point already verified', async () => {
    await verifyNew();
    forgetCheckpoints();
    await cutTail();
    expect(await verifyNew()).toMatchObject({ firstFault: { id: 'seal:3', kind: 'tail_cut' } });
  });

  it('continues after a restart where it stopped', async () => {
    await verifyNew();
    await trail.grow(5);
    const next = await restarted();
    expect(await next.verification.verifyNew()).toMatchObject({ intact: true, entries: 6 });
    expect(await next.verification.verify()).toMatchObject({ intact: true, entries: 24 });
    await next.stop();
  });

  it('reports a fault again after a restart, unless it was processed before', async () => {
    await attacker.change('DELETE FROM audit_events WHERE id = $1', events[6]);
    const found = { firstFault: { id: events[6], kind: 'missing' } };
    expect(await verifyNew()).toMatchObject(found);
    const second = await restarted();
    expect(await second.verification.verifyNew()).toMatchObject(found);
    expect(await second.verification.verifyNew()).toMatchObject({ intact: true });
    await second.stop();
    const third = await restarted();
    expect(await third.verification.verifyNew()).toMatchObject({ intact: true, entries: 0 });
    await third.stop();
  });

  it('starts again if its progress file is forged or missing', async () => {
    await verifyNew();
    const kept = readFileSync(file(), 'utf8');
    for (const forged of [kept.replace('"number":3', '"number":2'), 'nonsense', '']) {
      writeFileSync(file(), forged);
      const next = await restarted();
      expect(await next.verification.verifyNew()).toMatchObject({ intact: true, entries: 18 });
      await next.stop();
    }
  });

  it('can be stopped between two seals, and continues from there', async () => {
    const stop = new AbortController();
    const progress = trail.module.get(VerifiedSoFar);
    const pass = progress.pass.bind(progress);
    progress.pass = (end) => {
      pass(end);
      if (end.number === 2) stop.abort();
    };
    await expect(verifyNew(stop.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(await verifyNew()).toMatchObject({ intact: true, entries: 6 });
  });

  it('reports nothing as intact if it was stopped', async () => {
    const verification = trail.verification.verify({ signal: AbortSignal.abort() });
    await expect(verification).rejects.toMatchObject({ name: 'AbortError' });
  });
});
