import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/files/temporary-folder.js';
import { ConfigurationFault } from './configuration-fault.js';
import { loadEnvironment } from './load-environment.js';

const NEW = 'aX3-9fQ7vR2mK8pL5wZ1cN6bT4yH0jD7sG3e';
const OLD = 'nB8_2kW5xC9zM1qV7tF4rJ6hP3lS0dY8uE5g';
const OLDEST = 'eR5_6tZ1uI8oP3aS9dF2gH7jK4lY0xC5vB1n';

describe.each(['JWT_SECRET_KEY', 'PASSWORD_PEPPER'] as const)('Former values of %s', (name) => {
  const formerOf = async (previous: string, current = NEW) => {
    const folder = await temporaryFolder();
    const variables = { DATA_DIR: join(folder, 'data'), [name]: current, [`${name}_PREVIOUS`]: previous };
    return loadEnvironment(variables, folder)[`${name}_PREVIOUS`];
  };

  it('are a list, in which blanks around the commas do not count', async () => {
    expect(await formerOf(`${OLD},${OLDEST}`)).toEqual([OLD, OLDEST]);
    expect(await formerOf(`${OLD}, ${OLDEST} ,`)).toEqual(expect.arrayContaining([OLD, OLDEST]));
    // Hashes of the first versions belong to the last.
    expect((await formerOf(`${OLD}, ${OLDEST}`)).at(-1)).toBe(OLDEST);
    expect(await formerOf(' \n')).toEqual([]);
  });

  it.each([` ${OLD}`, `${OLD}\n`, `\t${OLD} `])('may have white space at an end, as %j', async (secret) => {
    expect(await formerOf(secret)).toContain(secret);
    expect(await formerOf(`${OLDEST},${secret}`)).toContain(secret);
    expect(await formerOf(`${secret},${OLDEST}`)).toContain(secret);
  });

  it('may differ from the current one by the white space alone', async () => {
    expect(await formerOf(`${NEW}\n`)).toEqual([`${NEW}\n`]);
    expect(await formerOf(NEW, `${NEW}\n`)).toEqual([NEW]);
  });

  it('may need their white space to be long enough', async () => {
    const secret = `${OLD.slice(0, 31)}\n`;
    expect(await formerOf(secret)).toEqual([secret]);
  });

  it.each([NEW, `${OLD},${NEW}`, 'too short', ' too short '])('are refused as %j', async (previous) => {
    await expect(formerOf(previous)).rejects.toThrow(ConfigurationFault);
  });
});
