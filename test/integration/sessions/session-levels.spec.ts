import { fc } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import {
  SessionLevelsRepository,
  type WithdrawnFactor,
} from '../../../src/sessions/levels/session-levels.repository.js';
import {
  assuranceOf,
  type ProvenFactor,
  provenState,
  type ProvenState,
} from '../../../src/sessions/proofs.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { createPerson } from '../../support/app/people.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';

const KEYS = ['key 1', 'key 2'];
const CODES = ['app', 'recovery code'];

const PROOFS: readonly ProvenFactor[] = [
  { method: 'pwd' },
  ...CODES.map((factor) => ({ method: 'otp', factor }) as const),
  ...KEYS.flatMap((factor) =>
    [false, true].map((userVerified) => ({ method: 'pop', factor, userVerified }) as const),
  ),
];

const others = (all: readonly string[], factor: string) => all.filter((one) => one !== factor);

const WITHDRAWN: readonly WithdrawnFactor[] = [
  ...CODES.map((factor) => ({ factor, methods: ['otp'] as const, alsoBy: others(CODES, factor) })),
  ...KEYS.map((factor) => ({ factor, methods: ['pop', 'user'] as const, alsoBy: others(KEYS, factor) })),
];

/** What is left of the proofs of a session, judged as new proofs are. */
function remainderOf(held: ProvenState, { factor, methods, alsoBy }: WithdrawnFactor): ProvenState {
  if (!held.factors.includes(factor)) return held;
  const factors = others(held.factors, factor);
  const isAlsoHeld = factors.some((one) => alsoBy.includes(one));
  // Which of several keys has verified its user is not stored.
  const lost = methods.filter((method) => !isAlsoHeld || method === 'user');
  const kept = held.amr.filter((method) => method !== 'mfa' && !lost.some((gone) => gone === method));
  return { ...assuranceOf([], kept), factors };
}

describe('A session whose account loses a factor', { timeout: 60_000 }, () => {
  let app: TestApp;
  let userId: string;

  beforeAll(async () => {
    app = await startApp();
    userId = (await createPerson(app)).user.id;
  });
  afterAll(() => app.close());

  /** The latest proof was made this many minutes after the start of the session. */
  const store = ({ amr, acr, factors }: ProvenState, minutes = 5) =>
    asSuperuser(
      app.database,
      `UPDATE sessions SET amr = $2, acr = $3, factors = $4, reduced_at = NULL,
         auth_time = created_at + $5 * interval '1 minute' WHERE user_id = $1`,
      [userId, amr, acr, factors, minutes],
    );
  const stored = async () => {
    const [row] = await asSuperuser<ProvenState & { isReduced: boolean; minutes: number }>(
      app.database,
      `SELECT amr, acr, factors, reduced_at IS NOT NULL AS "isReduced",
         (extract(epoch FROM auth_time - created_at) / 60)::float AS minutes FROM sessions WHERE user_id = $1`,
      [userId],
    );
    return row!;
  };
  const change = <T>(work: (...of: Parameters<Parameters<TransactionRunner['run']>[0]>) => Promise<T>) =>
    app.app.get(TransactionRunner, { strict: false }).run(work);
  const levels = () => app.app.get(SessionLevelsRepository, { strict: false });

  /** The proofs of a session in the order in which they were made. */
  const proofs = fc.array(fc.constantFrom(...PROOFS), { minLength: 1, maxLength: 5 });
  const heldBy = (made: readonly ProvenFactor[]) =>
    made.reduce<ProvenState>((held, proof) => provenState([proof], held), {
      amr: [],
      acr: 'aal1',
      factors: [],
    });

  it('has the level and the methods that its other proofs would give it', async () => {
    await fc.assert(
      fc.asyncProperty(proofs, fc.constantFrom(...WITHDRAWN), async (made, factor) => {
        const held = heldBy(made);
        await store(held);
        const reduced = await change((tx) => levels().withdraw(tx, userId, factor));
        const remainder = remainderOf(held, factor);
        const isReduced = held.factors.includes(factor.factor);
        expect(await stored()).toEqual({ ...remainder, isReduced, minutes: isReduced ? 0 : 5 });
        expect(reduced).toHaveLength(isReduced ? 1 : 0);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps the time of a proof that is older than the session', async () => {
    const held = heldBy(PROOFS);
    const [factor] = WITHDRAWN;
    await store(held, -5);
    await change((tx) => levels().withdraw(tx, userId, factor!));
    expect(await stored()).toMatchObject({ minutes: -5 });
    await change((tx) => levels().withdrawAll(tx, userId));
    expect(await stored()).toMatchObject({ minutes: -5, amr: ['pwd'] });
  });

  it('keeps the validity of its tokens if they say no more than what is left', async () => {
    const held = heldBy([{ method: 'pwd' }, ...CODES.map((factor) => ({ method: 'otp', factor }) as const)]);
    await store(held, 0);
    expect(await change((tx) => levels().withdraw(tx, userId, WITHDRAWN[0]!))).toEqual([]);
    expect(await stored()).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2', isReduced: false });
  });

  it('has the level and the methods of its password if it was the last', async () => {
    await fc.assert(
      fc.asyncProperty(proofs, async (made) => {
        const held = heldBy(made);
        await store(held);
        const reduced = await change((tx) => levels().withdrawAll(tx, userId));
        const kept = held.amr.filter((method) => method === 'pwd');
        // Without a second factor there is nothing to take away.
        const isReduced = held.factors.length > 0;
        const remainder = isReduced ? { ...assuranceOf([], kept), factors: [] } : held;
        expect(await stored()).toEqual({ ...remainder, isReduced, minutes: isReduced ? 0 : 5 });
        expect(reduced).toHaveLength(isReduced ? 1 : 0);
      }),
    );
  });
});
