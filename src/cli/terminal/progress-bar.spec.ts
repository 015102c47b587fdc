import { describe, expect, it, vi } from 'vitest';
import { ProgressBar } from './progress-bar.js';

describe('ProgressBar', () => {
  /** Returns a bar on a terminal, or without one, and its output. */
  function barOn(isTTY: boolean) {
    const written: string[] = [];
    const stream = { isTTY, write: (text: string) => written.push(text) };
    return { bar: new ProgressBar(stream as unknown as NodeJS.WriteStream), written };
  }

  it('shows the percentage completed', async () => {
    const { bar, written } = barOn(true);
    await bar.learnTotal(async () => 200);
    bar.show(50);
    expect(written).toEqual([expect.stringContaining('25 % of 200 entries')]);
  });

  it('shows the number completed if the total is unknown', async () => {
    const { bar, written } = barOn(true);
    await bar.learnTotal(() => Promise.reject(new Error('statement timeout')));
    bar.show(50);
    expect(written).toEqual(['\r50 entries']);
  });

  it('does not count without a terminal', async () => {
    const { bar, written } = barOn(false);
    const count = vi.fn();
    await bar.learnTotal(count);
    bar.show(50);
    expect([count.mock.calls, written]).toEqual([[], []]);
  });
});
