import { Injectable } from '@nestjs/common';
import type { EntryTable } from '../entry/entries.repository.js';
import { CatalogueRepository } from './catalogue.repository.js';
import { type Fault, relationFault } from './fault.js';
import { repeatedFault } from './member-check.js';

/** Entries that are there twice of which so many are named. */
const MAX_REPEATED = 100;
const TABLES: readonly EntryTable[] = ['audit_events', 'audit_calls'];

/**
 * Verifies that the tables of the trail are what they were made as: what PostgreSQL returns from them proves nothing where
 * somebody else's trigger, rule or policy stands between.
 */
@Injectable()
export class CatalogueCheck {
  constructor(private readonly catalogue: CatalogueRepository) {}

  /** What decides which entries are seen: told before them, since entries that seem to be gone may only be hidden. */
  async hindrances(): Promise<Fault[]> {
    const findings = await this.catalogue.findings();
    return findings.filter(({ hides }) => hides).map(({ relation, what }) => relationFault(relation, what));
  }

  /** All else; entries that a table holds twice come first. */
  async faults(): Promise<Fault[]> {
    const findings = (await this.catalogue.findings()).filter(({ hides }) => !hides);
    const repeated: Fault[] = [];
    for (const table of TABLES) {
      if (!findings.some(({ relation }) => relation.startsWith(table))) continue;
      repeated.push(...(await this.catalogue.repeatedIds(table, MAX_REPEATED)).map(repeatedFault));
    }
    return [...repeated, ...findings.map(({ relation, what }) => relationFault(relation, what))];
  }
}
