import { describe, expect, it, vi } from 'vitest';
import { ProgressBar } from './progress-bar.js';

describe('ProgressBar', () => {
  /** Returns a bar on a terminal, or without one, and its output. */
  function barOn(isTTY: boolean) {
    const written: string[] = [];
    const stream = { isTTY, write: (text: string) => written.push(text) };
    return { bar: new ProgressBar(stream as unknown as NodeJS.WriteStream), written };
  }

  it('shows the share that is done', async () => {
    const { bar, written } = barOn(true);
    await bar.learnTotal(async () => 200);
    bar.show(50);
    expect(written).toEqual([expect.stringContaining('25 % of 200 entries')]);
  });

  it('shows how many are done when they could not be counted', async () => {
    const { bar, written } = barOn(true);
    await bar.learnTotal(() => Promise.reject(new Error('statement timeout')));
    bar.show(50);
    expect(written).toEqual(['\r50 entries']);
  });

  it('has nothing counted where nobody looks', async () => {
    const { bar, written } = barOn(false);
    const count = vi.fn();
    await bar.learnTotal(count);
    bar.show(50);
    expect([count.mock.calls, written]).toEqual([[], []]);
  });
});
