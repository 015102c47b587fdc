import { Injectable } from '@nestjs/common';
import { ApiKeysRepository } from '../keys/api-keys.repository.js';
import { KeyDigests } from '../keys/key-digests.js';
import { isWellFormedKey } from '../keys/key-format.js';
import type { LeakReport } from './leak-report.js';
import { LeakResponse } from './leak-response.js';

/** How many places of one key are kept. */
const MAX_PLACES = 20;

/** Finds our keys among texts that were found in public places. */
@Injectable()
export class LeakedKeys {
  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly digests: KeyDigests,
    private readonly response: LeakResponse,
  ) {}

  /** Ends each living key among the reported texts. All others are passed over. Throws `dependency_unavailable`. */
  async report(reports: readonly LeakReport[], requestId: string): Promise<void> {
    const byToken = Map.groupBy(
      reports.filter(({ token }) => isWellFormedKey(token)),
      ({ token }) => token,
    );
    for (const [token, places] of byToken) {
      const found = await this.keys.findByDigest(this.digests.allOf(token));
      if (!found) continue;
      const urls = distinct(places.map(({ url }) => url));
      const sources = distinct(places.map(({ source = '' }) => source));
      await this.response.respond(found.key, { urls, sources }, requestId);
    }
  }
}

const distinct = (texts: readonly string[]) =>
  [...new Set(texts.filter((text) => text !== ''))].slice(0, MAX_PLACES);
