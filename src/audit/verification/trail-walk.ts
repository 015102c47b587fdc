import { Injectable } from '@nestjs/common';
import { UsableSecrets } from '../../platform/crypto/usable-secrets.js';
import { EntriesRepository, type EntryTable, POSITIONS_END } from '../entry/entries.repository.js';
import { EntrySigner } from '../entry/entry-signer.js';
import { unpackMembers } from '../seals/members.js';
import { GenuineSeals } from '../seals/genuine-seals.js';
import type { Seal } from '../seals/seal.js';
import { SealTrust } from '../seals/seal-trust.js';
import { SealsRepository } from '../seals/seals.repository.js';
import { EntryStream } from './entry-stream.js';
import { CatalogueCheck } from './catalogue-check.js';
import { isRefusedByPolicy } from './catalogue.repository.js';
import { type Fault, outOfRangeSealFault } from './fault.js';
import { erasureFault, MemberCheck, outOfRangeFault, unsealedFault } from './member-check.js';
import { DroppedPartitions } from './dropped-partitions.js';
import { ErasedPeople, isErased } from './erased-people.js';
import { FULL_SPEED, type Pace } from './pace.js';
import { type ChainEnd, CHAIN_START, linkFault, ownFault } from './seal-check.js';
import { trailStep, type WalkStep } from './walk-step.js';

/**
 * Approximate number of entries whose seals are read at a time, within a minimum and a maximum number of seals. A page has at
 * most twice as many seals as the one before, because full seals may follow nearly empty ones.
 */
const ENTRIES_AHEAD = 10_000;
const MIN_SEALS = 10;
const MAX_SEALS = 2000;

/** The cost of verifying a seal by itself, in entries of the trail. */
const ENTRIES_PER_SEAL = 10;

/**
 * Maximum number of entries and of seals reported outside all ranges, and of forged seals before a range. One is too
 * many, but an attacker may have inserted a million.
 */
const MAX_OUT_OF_RANGE = 100;

/**
 * The range of a walk: from a link of the chain, or from the newest seal before a time, to the last seal of a time
 * or, with null, to the end of the trail.
 */
export interface WalkPlan {
  readonly start: ChainEnd | Date;
  readonly until: Date | null;
  /** By default at full speed. */
  readonly pace?: Pace;
}

type Streams = Readonly<Record<EntryTable, EntryStream>>;

/** What the trail states about entries that are gone, and about members that are. */
interface Stated {
  readonly dropped: DroppedPartitions;
  readonly people: ErasedPeople;
}

/** Verifies the trail in order, using memory that does not grow with it. */
@Injectable()
export class TrailWalk {
  constructor(
    private readonly seals: SealsRepository,
    private readonly entries: EntriesRepository,
    private readonly signer: EntrySigner,
    private readonly trust: SealTrust,
    private readonly catalogue: CatalogueCheck,
    private readonly secrets: UsableSecrets,
  ) {}

  /**
   * Yields the result for the range of each seal, with faults of the seal itself first, and then unsealed entries.
   * Finally yields entries and seals outside all ranges and faults of the tables themselves. These belong to no part of the
   * trail, so every walk reports them.
   */
  async *walk(plan: WalkPlan): AsyncGenerator<WalkStep> {
    // Otherwise, what others have made meanwhile with a secret that this instance lacks would count as forged.
    await this.secrets.renew();
    const hindrances = await this.catalogue.hindrances();
    if (hindrances.length > 0) yield trailStep(hindrances);
    try {
      yield* this.entriesOf(plan);
    } catch (error) {
      const isReported = hindrances.length > 0 && isRefusedByPolicy(error);
      if (!isReported) throw error;
    }
  }

  private async *entriesOf(plan: WalkPlan): AsyncGenerator<WalkStep> {
    yield* this.ranges(plan);
    for (const table of ['audit_events', 'audit_calls'] as const) {
      const ids = await this.entries.outOfRange(table, MAX_OUT_OF_RANGE);
      if (ids.length > 0)
        yield { kind: 'unsealed', entries: ids.length, erased: 0, faults: ids.map(outOfRangeFault) };
    }
    const seals = await this.seals.outOfRange(MAX_OUT_OF_RANGE);
    if (seals.length > 0) yield trailStep(seals.map(outOfRangeSealFault));
    const faults = await this.catalogue.faults();
    if (faults.length > 0) yield trailStep(faults);
  }

  private async *ranges({ start: from, until, pace = FULL_SPEED }: WalkPlan): AsyncGenerator<WalkStep> {
    await this.trust.load();
    const forged: Seal[] = [];
    const note = (seal: Seal) => forged.length < MAX_OUT_OF_RANGE && forged.push(seal);
    const genuine = new GenuineSeals(this.seals, this.trust);
    const before = from instanceof Date ? await genuine.before(from, note) : null;
    for (const seal of forged) yield { kind: 'forged_seal', seal, faults: this.own(seal) };
    if (before) yield { kind: 'range', seal: before, entries: 0, erased: 0, faults: this.own(before) };
    // Without a seal before that time, the chain must continue from its beginning, or from what retention left of it.
    const start = before ?? (from instanceof Date ? CHAIN_START : from);
    const stated = await this.stated();
    const streams: Streams = {
      audit_events: new EntryStream(this.entries, 'audit_events', start.toPosition, pace),
      audit_calls: new EntryStream(this.entries, 'audit_calls', start.toPosition, pace),
    };
    let end = start;
    for await (const page of this.sealPages(start)) {
      for (const seal of page) {
        await pace.worked(ENTRIES_PER_SEAL);
        const own = this.own(seal);
        if (own.length > 0) {
          // Not a link of the chain. Continuing from it would omit everything after it.
          yield { kind: 'forged_seal', seal, faults: own };
          continue;
        }
        const link = linkFault(seal, await this.resume(seal, end, stated.dropped), this.trust);
        if (until !== null && seal.time > until.toISOString()) {
          // Of this link, only its position is checked: the last seal of the time may be gone, or this may be it.
          yield link ? trailStep([link]) : { kind: 'end', number: seal.number - 1, faults: [] };
          return;
        }
        const range = await this.range(seal, streams, page.at(-1)!.toPosition, stated);
        yield { kind: 'range', ...range, seal, faults: link ? [link, ...range.faults] : range.faults };
        end = seal;
      }
    }
    if (until === null) yield* this.tail(streams, stated.people);
  }

  private own(seal: Seal): readonly Fault[] {
    const fault = ownFault(seal, this.trust);
    return fault ? [fault] : [];
  }

  private async *sealPages(start: ChainEnd): AsyncGenerator<Seal[]> {
    let limit = MIN_SEALS;
    let page = await this.seals.after(start.number, limit);
    while (page.length > 0) {
      yield page;
      const entries = page.reduce((sum, { events, calls }) => sum + events + calls, 0);
      limit = Math.min(
        MAX_SEALS,
        2 * limit,
        Math.max(MIN_SEALS, Math.ceil((ENTRIES_AHEAD * page.length) / (entries + 1))),
      );
      const { number, time } = page.at(-1)!;
      page = await this.seals.after(number, limit, time);
    }
  }

  /** Returns the state from which a seal must continue: the previous seal, or its record if retention dropped it. */
  private async resume(seal: Seal, end: ChainEnd, dropped: DroppedPartitions): Promise<ChainEnd> {
    if (seal.number === end.number + 1) return end;
    await dropped.load();
    const hash = dropped.hashOf(seal.number - 1);
    return hash === undefined ? end : { number: seal.number - 1, hash, toPosition: seal.fromPosition };
  }

  private async stated(): Promise<Stated> {
    const dropped = new DroppedPartitions(this.seals, this.trust);
    const people = new ErasedPeople(this.seals, this.trust, this.entries, this.signer, this.secrets);
    await dropped.load();
    await people.load();
    return { dropped, people };
  }

  private async range(seal: Seal, streams: Streams, final: number, { dropped, people }: Stated) {
    const members = unpackMembers(seal.members);
    const signer = this.trust.madeWith(seal) === null ? null : this.signer;
    const faults: Fault[] = [];
    let entries = 0;
    let erased = 0;
    for (const [table, expected] of [
      ['audit_events', members.slice(0, seal.events)],
      ['audit_calls', members.slice(seal.events)],
    ] as const) {
      const check = new MemberCheck(expected, signer);
      for await (const chunk of streams[table].below(seal.toPosition, final)) {
        for (const entry of chunk) check.see(entry);
        entries += chunk.length;
      }
      erased += await check.settleErased(people);
      faults.push(...check.faults(await unexplained(table, check.unseen(), dropped)));
    }
    return { entries, erased, faults };
  }

  private async *tail(streams: Streams, people: ErasedPeople): AsyncGenerator<WalkStep> {
    for (const stream of Object.values(streams)) {
      for await (const chunk of stream.below(POSITIONS_END, POSITIONS_END)) {
        if (chunk.some((entry) => erasureFault(entry, people) !== null)) await people.load();
        const faults = chunk
          .map((entry) => unsealedFault(entry, this.signer) ?? erasureFault(entry, people))
          .filter((fault) => fault !== null);
        yield { kind: 'unsealed', entries: chunk.length, erased: chunk.filter(isErased).length, faults };
      }
    }
  }
}

/** Returns the missing entries not explained by retention, even after reloading its records. */
async function unexplained(
  table: EntryTable,
  missing: string[],
  dropped: DroppedPartitions,
): Promise<string[]> {
  if (missing.every((id) => dropped.explain(table, id))) return [];
  await dropped.load();
  return missing.filter((id) => !dropped.explain(table, id));
}
