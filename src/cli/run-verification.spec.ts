import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { runVerification } from './run-verification.js';

describe('A verification', () => {
  it.each([
    ['--from', '2026-11-01T00:00:00'],
    ['--from', '11'],
    ['--to', '2026-02-30T00:00:00Z'],
    ['--to', '2026-11-01'],
  ])('refuses %s %s, which is no RFC 3339 time, instead of guessing one', async (option, text) => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    onTestFinished(() => stderr.mockRestore());
    expect(await runVerification([option, text])).toBe(64);
  });
});
