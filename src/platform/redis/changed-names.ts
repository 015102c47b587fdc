/**
 * Returns what follows the prefix in the names of the keys that a notice reports as changed; null if any key may have
 * changed. That is what Redis says after FLUSHALL, and how everything else is understood that is not an array of keys with the
 * prefix: whoever may publish can send any text to the channel of the notices.
 */
export function changedNames(notice: unknown, prefix: string): readonly string[] | null {
  if (!Array.isArray(notice)) return null;
  const names: string[] = [];
  for (const key of notice as readonly unknown[]) {
    const text = Buffer.isBuffer(key) ? key.toString('latin1') : '';
    if (!text.startsWith(prefix)) return null;
    names.push(text.slice(prefix.length));
  }
  return names;
}
