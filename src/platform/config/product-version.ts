import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** The version in the nearest package.json, which is the product's own both in the sources and in the build. */
export function productVersion(): string {
  const path = findPackageJSON(import.meta.url);
  return path === undefined
    ? 'unknown'
    : (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
