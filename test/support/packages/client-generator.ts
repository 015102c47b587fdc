import type { OpenAPIObject } from '@nestjs/swagger';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { npmCi } from './npm-ci.js';

const FOLDER = join('packages', 'client', 'generator');
const LOCK = join(FOLDER, 'package-lock.json');

/** A copy of the lock that was installed last. */
const INSTALLED = join(FOLDER, 'node_modules', '.installed.json');

export interface ClientGenerator {
  /** The text of every generated module of @portcullis/client by its file's name. */
  readonly generatedModules: (document: OpenAPIObject) => Promise<Readonly<Record<string, string>>>;
}

/** Loads the client's generator, and installs it first if its lock has changed: `npm ci` of the project leaves it out. */
export async function clientGenerator(): Promise<ClientGenerator> {
  const lock = await readFile(LOCK, 'utf8');
  if ((await readFile(INSTALLED, 'utf8').catch(() => '')) !== lock) {
    await npmCi(FOLDER);
    await writeFile(INSTALLED, lock);
  }
  const script = pathToFileURL(join(FOLDER, 'generate.mjs')).href;
  return (await import(/* @vite-ignore */ script)) as ClientGenerator;
}
