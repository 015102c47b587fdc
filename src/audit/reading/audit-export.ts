import { Injectable } from '@nestjs/common';
import { WorkThrottle } from '../../platform/clock/work-throttle.js';
import { prefers } from '../../platform/http/media-preference.js';
import type { AuditEntry } from '../audit-entry.js';
import type { Seal } from '../seals/seal.js';
import { GenuineSeals } from '../seals/genuine-seals.js';
import { SealsRepository } from '../seals/seals.repository.js';
import type { AuditFilterDto } from './dto/audit-filter.dto.js';
import type { SealedRangeDto } from './dto/sealed-range.dto.js';
import { CSV, type ExportFormat, jsonLine, NDJSON } from './export-format.js';
import { sealedRange } from './trail-query.js';
import { TrailReader } from './trail-reader.js';

/** Seals read at a time; the members of one may take two hundred kilobytes. */
const SEALS_AT_A_TIME = 20;
/** The cost of writing a seal, without its members, in entries of the trail. */
const ENTRIES_PER_SEAL = 5;
/** Writing this many bytes of a seal's members costs as much as writing one entry. */
const BYTES_PER_ENTRY = 2000;

/** Text generated while it is sent: at the reader's pace, and one chunk in memory at a time. */
export interface ExportText {
  readonly format: Pick<ExportFormat, 'mediaType' | 'extension'>;
  readonly text: AsyncIterable<string>;
}

/** Exports parts of the trail, and the seals that prove them. */
@Injectable()
export class AuditExport {
  constructor(
    private readonly reader: TrailReader,
    private readonly seals: SealsRepository,
    private readonly genuine: GenuineSeals,
  ) {}

  /** Returns entries, oldest first, as CSV if that is preferred and as NDJSON otherwise. Throws `validation_failed`. */
  entries(filter: AuditFilterDto, accept: string | undefined): ExportText {
    const query = this.reader.exportQuery(filter);
    const format = prefers(accept, 'text/csv', NDJSON.mediaType) ? CSV : NDJSON;
    return { format, text: chunks(format, this.reader.all(query)) };
  }

  /**
   * Returns seals as NDJSON, which `deploy/verify-audit-export.mjs` needs in addition to the entries. Throws
   * `validation_failed`.
   */
  sealsOf(range: SealedRangeDto): ExportText {
    return { format: NDJSON, text: this.sealLines(sealedRange(range)) };
  }

  private async *sealLines({ from, to }: { from?: Date; to?: Date }): AsyncGenerator<string> {
    const throttle = new WorkThrottle();
    let number = (from && (await this.genuine.before(from))?.number) ?? 0;
    let time: string | undefined;
    for (;;) {
      const seals = await this.seals.after(number, SEALS_AT_A_TIME, time);
      const isAfter = (seal: Seal) => to !== undefined && Date.parse(seal.time) > to.getTime();
      for (const seal of seals) {
        if (isAfter(seal)) continue;
        yield `${jsonLine(exportedSeal(seal))}\n`;
        await throttle.worked(ENTRIES_PER_SEAL + seal.members.length / BYTES_PER_ENTRY);
      }
      if (seals.length < SEALS_AT_A_TIME || (await this.haveGenuine(seals.filter(isAfter)))) return;
      ({ number, time } = seals.at(-1)!);
    }
  }

  /** A forged seal may have any time. */
  private async haveGenuine(seals: readonly Seal[]): Promise<boolean> {
    for (const seal of seals) if (await this.genuine.isGenuine(seal)) return true;
    return false;
  }
}

/** Returns a seal as exported. Format 1 is not stated, as before there was another one. */
function exportedSeal({ mac: _mac, format, members, keyChange, ...seal }: Seal) {
  return {
    ...(format !== 1 && { format }),
    ...seal,
    members: members.toString('base64'),
    ...(keyChange && { keyChange }),
  };
}

async function* chunks(format: ExportFormat, pages: AsyncIterable<AuditEntry[]>): AsyncGenerator<string> {
  if (format.head !== '') yield format.head;
  for await (const page of pages) yield page.map(format.line).join('');
}
