import { readFileSync } from 'node:fs';
import { ConfigurationFault } from '../../platform/config/configuration-fault.js';
import type { Environment } from '../../platform/config/environment.js';
import { type GateRule, SILENT_RULE } from './gate-rule.js';
import { RuleReader } from './rule-reader.js';

/** Aliases expand, so a small file could otherwise fill the memory. */
const MAX_ALIASES = 100;

/** The rules of the gateway by name, read once at the start. */
export class GateRules {
  private readonly byName: ReadonlyMap<string, GateRule>;

  constructor(readonly all: readonly GateRule[]) {
    this.byName = new Map([...all, SILENT_RULE].map((rule) => [rule.name, rule]));
  }

  /** Returns the rule of exactly this name. */
  find(name: string): GateRule | undefined {
    return this.byName.get(name);
  }
}

/**
 * Reads the file of `GATEWAY_RULES_FILE`; without it there are no rules. Throws a {@link ConfigurationFault} with one
 * sentence for each fault.
 */
export async function readGateRules({
  GATEWAY_RULES_FILE: path,
  LOGIN_URL,
  GATEWAY_ORIGINS,
}: Pick<Environment, 'GATEWAY_RULES_FILE' | 'LOGIN_URL' | 'GATEWAY_ORIGINS'>): Promise<GateRules> {
  if (path === undefined) return new GateRules([]);
  const reader = new RuleReader();
  const rules = reader.read(await parse(contentOf(path)));
  const redirecting = rules.find(({ redirectsToLogin }) => redirectsToLogin);
  if (redirecting && LOGIN_URL === undefined)
    reader.faults.push(`LOGIN_URL must be set, because the rule ${redirecting.name} redirects to it`);
  if (redirecting && GATEWAY_ORIGINS.length === 0)
    reader.faults.push(
      `GATEWAY_ORIGINS must be set, because the rule ${redirecting.name} redirects to the login, which leads back to these origins only`,
    );
  if (reader.faults.length > 0) throw new ConfigurationFault(reader.faults);
  return new GateRules(rules);
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationFault([
      `GATEWAY_RULES_FILE names a file that cannot be read (${(error as NodeJS.ErrnoException).code})`,
    ]);
  }
}

/** Reads YAML 1.2, of which JSON is a part. The parser is loaded only where there is a file. */
async function parse(text: string): Promise<unknown> {
  const { LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0)
    throw new ConfigurationFault(
      faults.map(({ pos: [at], code }) => {
        const { line, col } = lines.linePos(at);
        return `GATEWAY_RULES_FILE: line ${line}, column ${col} is not valid YAML (${code})`;
      }),
    );
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch {
    throw new ConfigurationFault(['GATEWAY_RULES_FILE: has an alias that cannot be resolved']);
  }
}
