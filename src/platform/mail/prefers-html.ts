/**
 * Whether an `Accept` field ranks `text/html` above `application/json` (RFC 9110 section 12.5.1). False if they are
 * equal.
 */
export function prefersHtml(accept: string | undefined): boolean {
  const ranges = (accept ?? '').split(',').map(range);
  return quality(ranges, 'text', 'html') > quality(ranges, 'application', 'json');
}

interface Range {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
}

function range(text: string): Range {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const [type = '', subtype = ''] = name.split('/');
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return { type, subtype, quality: weight === undefined ? 1 : Number(weight) || 0 };
}

/** The quality value of the most specific range that matches the type. */
function quality(ranges: readonly Range[], type: string, subtype: string): number {
  const found =
    ranges.find((one) => one.type === type && one.subtype === subtype) ??
    ranges.find((one) => one.type === type && one.subtype === '*') ??
    ranges.find((one) => one.type === '*' && one.subtype === '*');
  return found?.quality ?? 0;
}
