import { Injectable } from '@nestjs/common';
import { storableText } from '../../platform/database/storable-text.js';
import { KeyLookUpRepository } from '../keys/key-look-up.repository.js';
import { KeyDigests } from '../keys/key-digests.js';
import { isWellFormedKey } from '../keys/key-format.js';
import type { LeakReport } from './leak-report.js';
import { LeakResponse } from './leak-response.js';

/** How many places of one key are kept. */
const MAX_PLACES = 20;
/** Maximum lengths, in UTF-16 code units. */
const MAX_URL = 2048;
const MAX_SOURCE = 100;

/** Finds our keys among texts that were found in public places. */
@Injectable()
export class LeakedKeys {
  constructor(
    private readonly keys: KeyLookUpRepository,
    private readonly digests: KeyDigests,
    private readonly response: LeakResponse,
  ) {}

  /**
   * Ends each active key among the reported texts; all others are passed over. A failure with one key does not keep the others
   * alive: the first error is thrown after all of them, so that the scanner reports again. Throws `dependency_unavailable`.
   */
  async report(reports: readonly LeakReport[], requestId: string): Promise<void> {
    const byToken = Map.groupBy(
      reports.filter(({ token }) => isWellFormedKey(token)),
      ({ token }) => token,
    );
    const errors: unknown[] = [];
    for (const [token, places] of byToken) {
      await this.end(token, places, requestId).catch((error: unknown) => void errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  }

  private async end(token: string, places: readonly LeakReport[], requestId: string): Promise<void> {
    const found = await this.keys.findByDigest(this.digests.allOf(token));
    if (!found) return;
    const urls = distinct(places.map(({ url }) => storableText(url, MAX_URL)));
    const sources = distinct(places.map(({ source }) => storableText(source ?? '', MAX_SOURCE)));
    await this.response.respond(found.key, { urls, sources }, requestId);
  }
}

const distinct = (texts: readonly string[]) =>
  [...new Set(texts.filter((text) => text !== ''))].slice(0, MAX_PLACES);
