import fs, {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../test/support/time/manual-clock.js';
import { Environment } from '../../platform/config/environment.js';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { SystemRandomness } from '../../platform/crypto/randomness.js';
import { AuditSpool } from './audit-spool.js';
import type { Segment } from './segment.js';
import { SpoolOwner } from './spool-owner.js';

/** Simulates a full disk when enabled; otherwise the real file system is used. */
const disk = vi.hoisted(() => ({
  full: false,
  refusesToClose: false,
  writes: 0,
  /** The end of the names of files that cannot be created. */
  uncreatable: null as string | null,
  /** The files that are open. */
  descriptors: new Set<number>(),
  /** Part of the names of files that another process takes first. */
  takenByAnother: null as string | null,
}));
vi.mock('node:fs', async (original) => {
  const actual = await original<typeof fs>();
  const writeSync = (...parameters: Parameters<typeof fs.writeSync>) => {
    if (disk.full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    disk.writes += 1;
    return actual.writeSync(...parameters);
  };
  const openSync = (...parameters: Parameters<typeof fs.openSync>) => {
    if (disk.uncreatable !== null && String(parameters[0]).endsWith(disk.uncreatable))
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const descriptor = actual.openSync(...parameters);
    disk.descriptors.add(descriptor);
    return descriptor;
  };
  const closeSync = (descriptor: number) => {
    actual.closeSync(descriptor);
    disk.descriptors.delete(descriptor);
    if (disk.refusesToClose) throw Object.assign(new Error('disk quota exceeded'), { code: 'EDQUOT' });
  };
  const renameSync = (from: string, to: string) => {
    if (disk.takenByAnother !== null && from.includes(disk.takenByAnother)) actual.rmSync(from);
    actual.renameSync(from, to);
  };
  return { ...actual, default: actual, openSync, writeSync, closeSync, renameSync };
});

const HOSTNAME = hostname().replaceAll(/[^\w.-]/g, '_');
/** The host, as named by this process's own files. */
const HOST = SpoolOwner.ofThisProcess(Buffer.alloc(4)).name.split('~')[0]!;
/** Higher than the largest process id on Linux. */
const DEAD_PID = 2 ** 22 + 1;

describe('AuditSpool', () => {
  let dataDir: string;
  let directory: string;
  let clock: ManualClock;

  const spool = (maxMegabytes = 256) =>
    new AuditSpool(
      Object.assign(new Environment(), { DATA_DIR: dataDir, AUDIT_SPOOL_MAX_MB: maxMegabytes }),
      clock,
      new SystemRandomness(),
      new MasterKey('a master secret of at least 32 bytes'),
    );
  const append = (to: AuditSpool, line: string) => {
    to.append(line);
    to.flush();
  };
  const linesIn = (segment: Segment) =>
    Buffer.concat([...segment.batches()])
      .toString()
      .split('\n')
      .slice(0, -1);
  const linesOf = (of: AuditSpool) => of.waiting().flatMap(linesIn);

  /** Creates a segment as left by a process on that host with that id. */
  function leaveBehind(host: string, pid: number, lines: string[], lifeMs?: number): void {
    const name = `${host}~${pid}~0badcafe`;
    writeFileSync(join(directory, `${name}~00000001.ndjson`), lines.map((line) => `${line}\n`).join(''));
    if (lifeMs === undefined) return;
    writeFileSync(join(directory, `${name}.alive`), '');
    utimesSync(join(directory, `${name}.alive`), lifeMs / 1000, lifeMs / 1000);
  }

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'portcullis-spool-'));
    directory = join(dataDir, 'audit-spool');
    clock = new ManualClock();
  });
  afterEach(() => {
    disk.full = disk.refusesToClose = false;
    disk.takenByAnother = disk.uncreatable = null;
    rmSync(dataDir, { recursive: true });
  });

  it('returns what was appended, in order', () => {
    const mine = spool();
    for (let n = 0; n < 10; n++) mine.append(`line ${n}`);
    expect(linesOf(mine)).toEqual(Array.from({ length: 10 }, (_, n) => `line ${n}`));
  });

  it.each([1, 150, 1000])('returns any text unchanged, also if a turn writes it %i times', (times) => {
    const mine = spool();
    const lines = Array.from({ length: times }, (_, n) => `${n} ä€😀 ${'é'.repeat(n)}`);
    for (const line of lines) mine.append(line);
    expect(linesOf(mine)).toEqual(lines);
  });

  it('has written a line to the file before it confirms it', async () => {
    const mine = spool();
    const found = await new Promise<string>((resolve) => {
      mine.append('line', () => {
        const [file] = readdirSync(directory).filter((name) => name.endsWith('.ndjson'));
        resolve(fs.readFileSync(join(directory, file!), 'utf8'));
      });
    });
    expect(found).toBe('line\n');
  });

  it('writes all lines of a turn of the event loop at once, and confirms each', async () => {
    const mine = spool();
    disk.writes = 0;
    await Promise.all(
      Array.from({ length: 50 }, (_, n) => new Promise<void>((resolve) => mine.append(`line ${n}`, resolve))),
    );
    // One for the lines, one for their tally.
    expect(disk.writes).toBe(2);
    expect(linesOf(mine)).toHaveLength(50);
  });

  it('confirms a line even if the disk refuses it, because the request is already in flight', async () => {
    const mine = spool();
    disk.full = true;
    await new Promise<void>((resolve) => mine.append('held', resolve));
    expect(mine.hasRoom()).toBe(false);
  });

  it('keeps lines that the disk refuses only on close, and continues with a new file', () => {
    const mine = spool();
    append(mine, 'first');
    disk.refusesToClose = true;
    append(mine, 'x'.repeat(300 * 1024));
    expect(mine.hasRoom()).toBe(false);
    disk.full = true;
    expect(() => {
      append(mine, 'refused');
    }).not.toThrow();
    disk.full = disk.refusesToClose = false;
    expect(linesOf(mine).map((line) => line.slice(0, 7))).toEqual(
      expect.arrayContaining(['first', 'xxxxxxx', 'refused']),
    );
    expect(mine.hasRoom()).toBe(true);
  });

  it('leaves nothing behind for a segment that cannot be created, however often it tries', () => {
    const mine = spool();
    const open = new Set(disk.descriptors);
    disk.uncreatable = '.ndjson';
    for (const line of ['first', 'second']) {
      append(mine, line);
      expect(mine.waiting()).toEqual([]);
    }
    expect(disk.descriptors).toEqual(open);
    expect(readdirSync(directory).filter((name) => name.endsWith('.tally'))).toEqual([]);
    disk.uncreatable = null;
    expect(linesOf(mine)).toEqual(['first', 'second']);
  });

  it('keeps segments that were not removed, and starts a new one for later lines', () => {
    const mine = spool();
    mine.append('first');
    const [first] = mine.waiting();
    mine.append('second');
    expect(linesOf(mine)).toEqual(['first']);
    mine.remove(first!);
    expect(linesOf(mine)).toEqual(['second']);
  });

  it('omits an incomplete last line, which was never acknowledged', () => {
    const before = spool();
    before.append('whole');
    const [segment] = before.waiting();
    appendFileSync(segment!.path, 'to');
    expect(linesIn(segment!)).toEqual(['whole']);
  });

  it('returns many lines in batches of whole lines, and a line larger than a batch by itself', () => {
    const mine = spool();
    const lines = [
      ...Array.from({ length: 5000 }, (_, n) => `line ${n} ${'x'.repeat(n % 200)}`),
      'y'.repeat(600_000),
      'last',
    ];
    for (const line of lines) mine.append(line);
    const [segment] = mine.waiting();
    const batches = [...segment!.batches()].map((batch) => batch.toString());
    expect(batches.length).toBeGreaterThan(3);
    for (const batch of batches) expect(batch.endsWith('\n')).toBe(true);
    expect(batches.join('')).toBe(lines.map((line) => `${line}\n`).join(''));
    expect(Math.max(...batches.slice(0, -2).map(({ length }) => length))).toBeLessThanOrEqual(256 * 1024 + 1);
  });

  it('reports how much is waiting, and for how long', () => {
    const mine = spool();
    append(mine, '12345');
    clock.advance(3000);
    append(mine, '67890');
    expect([mine.bytes, mine.lagMs]).toEqual([12, 3000]);
    for (const segment of mine.waiting()) mine.remove(segment);
    expect([mine.bytes, mine.lagMs]).toEqual([0, 0]);
  });

  describe('of others', () => {
    it('takes over the segments of a process that has ended', () => {
      const mine = spool();
      leaveBehind(HOST, DEAD_PID, ['orphan'], clock.nowMs());
      mine.housekeep();
      expect(linesOf(mine)).toEqual(['orphan']);
      expect(readdirSync(directory).filter((name) => name.includes(String(DEAD_PID)))).toEqual([]);
    });

    it('takes over all segments of a process that has filled a hundred million, in their order', () => {
      const mine = spool();
      for (const number of [99_999_999, 100_000_000])
        writeFileSync(join(directory, `${HOST}~${DEAD_PID}~0badcafe~${number}.ndjson`), `${number}\n`);
      mine.housekeep();
      expect(linesOf(mine)).toEqual(['99999999', '100000000']);
    });

    it('takes over even if the clock was ahead and is set back', () => {
      clock.advance(7_200_000);
      const mine = spool();
      mine.housekeep();
      clock.advance(-7_200_000);
      leaveBehind(HOST, DEAD_PID, ['orphan'], clock.nowMs());
      mine.housekeep();
      expect(linesOf(mine)).toEqual(['orphan']);
    });

    it('takes over the segments of its own process id, after a restart of the container', () => {
      const mine = spool();
      leaveBehind(HOST, process.pid, ['orphan'], clock.nowMs());
      mine.housekeep();
      expect(linesOf(mine)).toEqual(['orphan']);
    });

    it('does not take over the segments of a live process', () => {
      const mine = spool();
      leaveBehind(HOST, process.ppid, ['theirs'], clock.nowMs());
      mine.housekeep();
      expect(linesOf(mine)).toEqual([]);
    });

    it.each(['', '.0badf00d-4026532000'])(
      'does not take over the segments of another container of the same host name, whose process ids it cannot see: %j',
      (space) => {
        const mine = spool();
        leaveBehind(`${HOSTNAME}${space}`, DEAD_PID, ['theirs'], clock.nowMs());
        mine.housekeep();
        expect(linesOf(mine)).toEqual([]);
        clock.advance(61_000);
        mine.housekeep();
        expect(linesOf(mine)).toEqual(['theirs']);
      },
    );

    it('takes over from another host only after a minute without a sign of life', () => {
      const mine = spool();
      leaveBehind('elsewhere', 1, ['orphan'], clock.nowMs());
      clock.advance(59_000);
      mine.housekeep();
      expect(linesOf(mine)).toEqual([]);
      clock.advance(6000);
      mine.housekeep();
      expect(linesOf(mine)).toEqual(['orphan']);
    });

    it('lets only one of two processes take over a segment', () => {
      const [one, other] = [spool(), spool()];
      leaveBehind('elsewhere', 1, ['orphan']);
      one.housekeep();
      other.housekeep();
      expect([linesOf(one), linesOf(other)]).toEqual([['orphan'], []]);
    });

    it('starts a new segment after a long suspension, because another process may have taken over the open one', () => {
      const mine = spool();
      append(mine, 'before');
      clock.advance(31_000);
      append(mine, 'after');
      const [before] = mine.waiting();
      expect(linesIn(before!)).toEqual(['before']);
      mine.remove(before!);
      expect(linesOf(mine)).toEqual(['after']);
    });

    it('starts a new segment even if housekeeping is the first thing it does after a suspension', () => {
      const mine = spool();
      append(mine, 'before');
      clock.advance(61_000);
      // Another process takes the open segment, sends and removes it.
      for (const file of readdirSync(directory)) rmSync(join(directory, file));
      mine.housekeep();
      append(mine, 'after');
      const sent: string[] = [];
      for (let all = mine.waiting(); all.length > 0; all = mine.waiting()) {
        sent.push(...linesIn(all[0]!));
        mine.remove(all[0]!);
      }
      expect([sent, mine.lostRecords]).toEqual([['after'], 0]);
    });

    it('drops a segment that was taken over while it was suspended', () => {
      const mine = spool();
      mine.append('line');
      const [segment] = mine.waiting();
      rmSync(segment!.path);
      expect(linesOf(mine)).toEqual([]);
    });

    it('ignores other files', () => {
      const mine = spool();
      writeFileSync(join(directory, 'README'), 'hello');
      mine.housekeep();
      expect([linesOf(mine), existsSync(join(directory, 'README'))]).toEqual([[], true]);
    });
  });

  describe('from which lines are removed', () => {
    const files = (suffix: string) =>
      readdirSync(directory)
        .filter((name) => name.endsWith(suffix))
        .map((name) => join(directory, name))
        .toSorted();
    const LARGE = 'x'.repeat(300 * 1024);

    /** Sends all waiting segments, and returns the number of lost lines. */
    function missed(by: AuditSpool): number {
      for (let all = by.waiting(); all.length > 0; all = by.waiting()) {
        linesIn(all[0]!);
        by.remove(all[0]!);
      }
      return by.lostRecords;
    }

    /** Leaves the segments of a process that has ended. */
    function killed(lines: readonly string[]): void {
      const before = spool();
      for (const line of lines) append(before, line);
      before.leave();
    }

    const rewrite = (file: string, change: (lines: string[]) => string[]) =>
      fs.writeFileSync(
        file,
        change(fs.readFileSync(file, 'utf8').split('\n').slice(0, -1))
          .map((l) => `${l}\n`)
          .join(''),
      );

    it.each([
      ['the first line', (lines: string[]) => lines.slice(1), 1],
      ['a line in the middle', (lines: string[]) => lines.toSpliced(1, 1), 1],
      ['the last two lines', (lines: string[]) => lines.slice(0, -2), 2],
      ['all lines', () => [], 4],
      ['the contents of a line', (lines: string[]) => lines.with(2, 'altered'), 1],
    ])('counts lines as lost, both for a running process and for a dead one: %s', (_what, change, count) => {
      const mine = spool();
      for (let n = 0; n < 4; n += 1) append(mine, `line ${n}`);
      rewrite(files('.ndjson')[0]!, change);
      expect(missed(mine)).toBe(count);

      killed(['line 0', 'line 1', 'line 2', 'line 3']);
      rewrite(files('.ndjson')[0]!, change);
      const next = spool();
      next.housekeep();
      expect(missed(next)).toBe(count);
      expect(files('.tally')).toEqual([]);
    });

    it('counts the lines of deleted files, including the last one of a running process', () => {
      const mine = spool();
      append(mine, LARGE);
      append(mine, 'second');
      rmSync(files('.ndjson')[1]!);
      expect(missed(mine)).toBe(1);

      killed([LARGE, LARGE, 'third']);
      for (const suffix of ['.ndjson', '.tally']) rmSync(files(suffix)[1]!);
      const next = spool();
      next.housekeep();
      expect(missed(next)).toBe(1);
    });

    it('detects a forged tally', () => {
      killed(['first', 'second']);
      const [tally] = files('.tally');
      fs.writeFileSync(tally!, fs.readFileSync(tally!, 'utf8').replace('000000000002', '000000000001'));
      const next = spool();
      next.housekeep();
      expect(missed(next)).toBe(1);
    });

    it('counts nothing as lost if segments were sent, taken over or written by an earlier version', () => {
      const before = spool();
      append(before, LARGE);
      append(before, 'second');
      const [first] = before.waiting();
      before.remove(first!);
      before.leave();
      const next = spool();
      leaveBehind('elsewhere', 1, ['of an earlier version']);
      next.housekeep();
      next.append('its own');
      next.leave();
      const last = spool();
      last.housekeep();
      expect(linesOf(last).toSorted()).toEqual(['its own', 'of an earlier version', 'second']);
      expect(missed(last)).toBe(0);
    });

    it('counts nothing as lost if two processes share the segments of a dead one', () => {
      killed([LARGE, LARGE, 'third']);
      const next = spool();
      disk.takenByAnother = '~00000002.ndjson';
      next.housekeep();
      expect(linesOf(next).length).toBe(2);
      expect(missed(next)).toBe(0);
    });

    it('counts nothing as lost if a process resumes after a takeover, sends its next lines, and then ends', () => {
      const suspended = spool();
      append(suspended, 'first');
      suspended.leave();
      const other = spool();
      other.housekeep();
      expect(missed(other)).toBe(0);

      clock.advance(61_000);
      append(suspended, 'second');
      expect(missed(suspended)).toBe(0);
      append(suspended, 'third');
      suspended.leave();
      clock.advance(6000);
      other.housekeep();
      expect(linesOf(other)).toEqual(['third']);
      expect(missed(other)).toBe(0);
    });
  });

  describe('of records that PostgreSQL refuses', () => {
    it('quarantines a record once, and returns it at the next start of any process', () => {
      const mine = spool();
      mine.housekeep();
      mine.quarantine('refused');
      mine.quarantine('refused');
      expect([mine.bytes, mine.hasRoom()]).toEqual([8, true]);
      const other = spool();
      other.housekeep();
      expect(linesOf(other)).toEqual(['refused']);
    });

    it('quarantines no more than a megabyte; all later records then wait', () => {
      const mine = spool();
      for (let n = 0; n < 1000; n++) mine.quarantine(`${n}${'x'.repeat(1000)}`);
      expect(() => {
        for (let n = 1000; n < 1100; n++) mine.quarantine(`${n}${'x'.repeat(1000)}`);
      }).toThrow('too many records');
    });
  });

  describe('without room', () => {
    const megabyte = 'x'.repeat(1024 * 1024 - 1);

    it('reports that it is full at its limit, and accepts requests again once it is emptied', () => {
      const mine = spool(2);
      append(mine, megabyte);
      expect(mine.hasRoom()).toBe(true);
      append(mine, megabyte);
      expect(mine.hasRoom()).toBe(false);
      for (const segment of mine.waiting()) mine.remove(segment);
      expect(mine.hasRoom()).toBe(true);
    });

    it('refuses a caller who uses a tenth of it, until lines of that caller are sent', () => {
      const mine = spool(5);
      const appendAs = (caller: string) => {
        mine.append(megabyte, undefined, caller);
        mine.flush();
      };
      appendAs('192.0.2.1');
      appendAs('192.0.2.2');
      expect([mine.hasRoomFor('192.0.2.1'), mine.hasRoomFor('192.0.2.3')]).toEqual([false, true]);
      const [first] = mine.waiting();
      mine.remove(first!);
      // The spool is not empty: in steady traffic it never is.
      expect([mine.hasRoomFor('192.0.2.1'), mine.hasRoomFor('192.0.2.2')]).toEqual([true, false]);
      expect(mine.bytes).toBeGreaterThan(0);
    });

    it('counts no lines that are in no segment: neither lost nor kept in memory for good', () => {
      const mine = spool(10);
      disk.full = true;
      mine.append(megabyte, undefined, '192.0.2.1');
      mine.flush();
      disk.full = false;
      expect(mine.hasRoomFor('192.0.2.1')).toBe(false);
      for (const segment of mine.waiting()) mine.remove(segment);
      expect(mine.hasRoomFor('192.0.2.1')).toBe(true);
      for (let n = 0; n < 30; n++) {
        mine.append(megabyte, undefined, '192.0.2.2');
        mine.flush();
      }
      expect(mine.lostRecords).toBeGreaterThan(0);
      for (let all = mine.waiting(); all.length > 0; all = mine.waiting()) mine.remove(all[0]!);
      expect(mine.hasRoomFor('192.0.2.2')).toBe(true);
    });

    it('still accepts the records of requests in flight, but not without limit', () => {
      const mine = spool(1);
      for (let n = 0; n < 10; n++) append(mine, megabyte);
      expect(mine.bytes).toBeLessThan(4 * 1024 * 1024);
    });

    it('keeps lines that the disk refuses, reports that it is full, and writes them when it can', () => {
      const mine = spool();
      disk.full = true;
      append(mine, 'refused');
      expect(mine.hasRoom()).toBe(false);
      disk.full = false;
      append(mine, 'later');
      const lines: string[] = [];
      for (let segments = mine.waiting(); segments.length > 0; segments = mine.waiting()) {
        lines.push(...linesIn(segments[0]!));
        mine.remove(segments[0]!);
      }
      expect(lines).toEqual(['refused', 'later']);
      expect(mine.hasRoom()).toBe(true);
    });
  });
});
