import { Injectable } from '@nestjs/common';
import type { EntryTable } from '../entry/entries.repository.js';
import { CatalogueRepository } from './catalogue.repository.js';
import { type Fault, relationFault } from './fault.js';
import { repeatedFault } from './member-check.js';

/** Maximum number of duplicate entries reported. */
const MAX_REPEATED = 100;
const TABLES: readonly EntryTable[] = ['audit_events', 'audit_calls'];

/**
 * Verifies that the tables of the trail are as the migrations created them. If a foreign trigger, rule or policy is
 * present, the rows returned by PostgreSQL prove nothing.
 */
@Injectable()
export class CatalogueCheck {
  constructor(private readonly catalogue: CatalogueRepository) {}

  /**
   * Returns faults that affect which entries are visible. They are reported first, because missing entries may only
   * be hidden.
   */
  async hindrances(): Promise<Fault[]> {
    const findings = await this.catalogue.findings();
    return findings.filter(({ hides }) => hides).map(({ relation, what }) => relationFault(relation, what));
  }

  /** Returns all other faults. Duplicate entries come first. */
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
