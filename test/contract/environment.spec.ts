import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Environment } from '../../src/platform/config/environment.js';
import { variableNames } from '../../src/platform/config/load-environment.js';

const example = [...readFileSync('.env.example', 'utf8').matchAll(/^#([A-Z][A-Z0-9_]+)=(.*)$/gm)].map(
  ([, name, value]) => [name, value] as [string, string],
);

/** The variables of the single-machine installation, including two that only its PostgreSQL reads. */
const composed = [
  ...readFileSync('deploy/compose.env.example', 'utf8').matchAll(/^([A-Z][A-Z0-9_]+)=/gm),
].map(([, name]) => name!);
const COMPOSE_ONLY = ['OWNER_PASSWORD', 'SERVICE_PASSWORD'];
const defaults = new Environment() as unknown as Record<string, string | number | boolean | string[] | null>;

/** Variables that the loader derives from other variables or from the machine. */
const COMPUTED: Readonly<Record<string, string>> = {
  PUBLIC_URL: 'http://localhost:3000',
  LOG_FORMAT: 'json',
  DOCS_ENABLED: 'true',
  COOKIE_SECURE: 'false',
  RATE_LIMIT_DEFAULT: '100/60',
  LINK_VERIFY_URL: 'http://localhost:3000/account/verify',
  LINK_RESET_URL: 'http://localhost:3000/account/reset',
  LINK_INVITATION_URL: 'http://localhost:3000/account/invitation',
  LINK_UNDO_URL: 'http://localhost:3000/account/undo',
  LINK_RECOVERY_URL: 'http://localhost:3000/account/recovery',
  LINK_RECOVERY_FINISH_URL: 'http://localhost:3000/account/recovery/finish',
  LINK_DEVICE_URL: 'http://localhost:3000/account/device',
};

describe('.env.example', () => {
  it('lists every variable exactly once, and no other', () => {
    expect(example.map(([name]) => name).toSorted()).toEqual(variableNames().toSorted());
  });

  it.each(example)('lists %s with its default', (name, value) => {
    const expected = COMPUTED[name] ?? defaults[name] ?? '';
    expect(value).toBe(Array.isArray(expected) ? expected.join(',') : String(expected));
  });
});

describe('The steps to production in README.md', () => {
  const [, steps] = /\n## To production\n(.*?)\n## /s.exec(readFileSync('README.md', 'utf8'))!;

  it.each(['DATABASE_SSL', 'REDIS_URL'])('name %s, without which the service starts, too', (name) => {
    expect(steps).toContain(`\`${name}`);
  });
});

describe('deploy/compose.env.example', () => {
  it('lists all variables that deploy/compose.yaml reads, and none that the service does not know', () => {
    const read = readFileSync('deploy/compose.yaml', 'utf8').matchAll(/\$\{([A-Z][A-Z0-9_]+)/g);
    expect(composed.toSorted()).toEqual([...new Set([...read].map(([, name]) => name!))].toSorted());
    expect(composed.filter((name) => ![...variableNames(), ...COMPOSE_ONLY].includes(name))).toEqual([]);
  });
});
