import { describe, expect, it } from 'vitest';
import { RouteTable } from './route-table.js';

const table = new RouteTable();
table.add({ url: '/users/me', method: 'GET' });
table.add({ url: '/users/me', method: ['PUT', 'HEAD'] });
table.add({ url: '/alerts/:id/resolve', method: 'POST' });
table.add({ url: '/.well-known/jwks.json', method: 'GET' });
table.add({ url: '/docs/*', method: 'GET' });

describe('RouteTable', () => {
  it('knows the methods of a path, in their order, whatever the query', () => {
    expect(table.methodsOf('/users/me')).toEqual(['GET', 'HEAD', 'PUT']);
    expect(table.methodsOf('/users/me?a=/b')).toEqual(['GET', 'HEAD', 'PUT']);
  });

  it('matches a parameter with any single segment', () => {
    expect(table.methodsOf('/alerts/019abf6e/resolve')).toEqual(['POST']);
    expect(table.methodsOf('/alerts//resolve')).toEqual([]);
    expect(table.methodsOf('/alerts/a/b/resolve')).toEqual([]);
  });

  it('matches every other character literally', () => {
    expect(table.methodsOf('/.well-known/jwks.json')).toEqual(['GET']);
    expect(table.methodsOf('/xwell-known/jwksxjson')).toEqual([]);
  });

  it.each([
    '/',
    '',
    '*',
    '/users',
    '/users/me/',
    '/Users/Me',
    '//users/me',
    '/users/me%2F',
    '/docs/x',
    '/users/me;a',
  ])('knows no method of %o', (target) => {
    expect(table.methodsOf(target)).toEqual([]);
  });

  it('reads a target in absolute form by its path (RFC 9112 section 3.2.2)', () => {
    expect(table.methodsOf('http://localhost:3000/users/me?a=b')).toEqual(['GET', 'HEAD', 'PUT']);
    expect(table.methodsOf('http://localhost:3000')).toEqual([]);
  });
});
