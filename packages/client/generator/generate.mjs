import { createClient } from '@hey-api/openapi-ts';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operationsModule } from './operations.mjs';

/** The generated modules of the client by their names, from an OpenAPI document. Throws where the generator complains. */
export async function generatedModules(document) {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-client-'));
  try {
    await createClient({
      input: document,
      logs: { level: 'silent' },
      output: { path: folder, module: { extension: '.js' }, entryFile: false },
      plugins: ['@hey-api/typescript'],
    });
    const types = await readFile(join(folder, 'types.gen.ts'), 'utf8');
    return { 'types.gen.ts': types, 'operations.gen.ts': operationsModule(document) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
