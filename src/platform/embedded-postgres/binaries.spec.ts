import { describe, expect, it } from 'vitest';
import { ConfigurationFault } from '../config/configuration-fault.js';
import { locateBinaries } from './binaries.js';

describe('locateBinaries', () => {
  it('asks for DATABASE_URL on a platform without a package', () => {
    expect(() => locateBinaries('sunos', 'sparc')).toThrow(ConfigurationFault);
    expect(() => locateBinaries('sunos', 'sparc')).toThrow(/^DATABASE_URL must be set, .* for sunos-sparc/);
  });
});
