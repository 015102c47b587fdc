import type { LightMyRequestResponse } from 'fastify';

/** A cookie set by a response, as a browser parses it. */
export interface SetCookie {
  readonly name: string;
  readonly value: string;
  /** Names in lower case; an attribute without a value is `true`. */
  readonly attributes: Readonly<Record<string, string | true>>;
}

/** The cookies set by a response, by name. */
export function cookiesOf({ headers }: LightMyRequestResponse): Record<string, SetCookie> {
  const lines = [headers['set-cookie'] ?? []].flat();
  return Object.fromEntries(lines.map(parse).map((cookie) => [cookie.name, cookie]));
}

/** The cookies that a browser would send back, without those that have a `Max-Age` of 0. */
export function jarOf(answer: LightMyRequestResponse): Record<string, string> {
  const kept = Object.values(cookiesOf(answer)).filter((cookie) => cookie.attributes['max-age'] !== '0');
  return Object.fromEntries(kept.map(({ name, value }) => [name, value]));
}

function parse(line: string): SetCookie {
  const [pair = '', ...rest] = line.split(';').map((part) => part.trim());
  const [name, value = ''] = splitOnce(pair);
  const attributes = rest.map((part): [string, string | true] => {
    const [attribute, text] = splitOnce(part);
    return [attribute.toLowerCase(), text ?? true];
  });
  return { name, value, attributes: Object.fromEntries(attributes) };
}

function splitOnce(text: string): [string, string?] {
  const index = text.indexOf('=');
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}
