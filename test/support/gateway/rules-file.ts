import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A rules file of a test, as JSON. */
export interface RulesFile {
  readonly path: string;
  remove(): Promise<void>;
}

/** Writes rules to a file of its own. */
export async function writeRules(rules: Readonly<Record<string, object>>): Promise<RulesFile> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-rules-'));
  const path = join(folder, 'rules.json');
  await writeFile(path, JSON.stringify({ rules }));
  return { path, remove: () => rm(folder, { recursive: true }) };
}
