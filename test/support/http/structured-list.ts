/** A member of a List in a structured field: a String with Integer parameters, as in the RateLimit fields. */
export interface ListMember {
  readonly value: string;
  readonly parameters: Readonly<Record<string, number>>;
}

const MEMBER = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"((?:;[a-z*][a-z0-9_.*-]*=-?\d{1,15})*)$/;

/** Parses strictly by RFC 9651 section 4.2; throws a SyntaxError for anything else. */
export function parseStructuredList(field: unknown): ListMember[] {
  if (typeof field !== 'string' || field === '') throw new SyntaxError(`Not a List: ${String(field)}`);
  return field.split(/[ \t]*,[ \t]*/).map((member) => {
    const [, value, parameters] = MEMBER.exec(member) ?? [];
    if (value === undefined || parameters === undefined)
      throw new SyntaxError(`Not a member of a List: ${member}`);
    const pairs = parameters
      .split(';')
      .filter(Boolean)
      .map((pair) => pair.split('='));
    return { value, parameters: Object.fromEntries(pairs.map(([name, number]) => [name, Number(number)])) };
  });
}
