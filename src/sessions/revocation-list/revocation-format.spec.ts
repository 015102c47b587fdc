import { expect, it, onTestFinished, vi } from 'vitest';
import { linesOf } from './revocation-format.js';
import type { ListedRevocation } from './revocation-item.js';

it('writes a revocation as text once, however many streams send it', () => {
  const item = (number: number) =>
    ({
      number,
      revokedAt: new Date(0),
      expiresAt: new Date(1),
      reason: 'logout',
    }) as unknown as ListedRevocation;
  const items = [item(1), item(2), item(3)];
  const stringify = vi.spyOn(JSON, 'stringify');
  onTestFinished(() => stringify.mockRestore());
  const all = Array.from({ length: 300 }, () => linesOf({ items: [...items], last: 3, isFull: false }));
  expect(stringify).toHaveBeenCalledTimes(3);
  expect(linesOf({ items: items.slice(1), last: 3, isFull: false })).toBe(
    all[299]!.slice(all[0]!.indexOf('\n') + 1),
  );
});
