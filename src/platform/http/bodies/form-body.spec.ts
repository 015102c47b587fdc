import { describe, expect, it } from 'vitest';
import { Problem } from '../../errors/problem.js';
import { parseForm } from './form-body.js';

const TYPE = 'application/x-www-form-urlencoded';
const parsed = (text: string | Buffer, type: string | undefined = TYPE) =>
  Object.fromEntries(parseForm(type, Buffer.from(text)));
const code = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    if (error instanceof Problem) return error.row.code;
    throw error;
  }
  return 'accepted';
};

describe('A form', () => {
  it('is decoded, and parameters without a value count as absent', () => {
    expect(parsed('grant_type=client_credentials&scope=a%3Ab+c%3Ad&state=&x&=&%C3%A4=%E2%82%AC')).toEqual({
      grant_type: 'client_credentials',
      scope: 'a:b c:d',
      ä: '€',
    });
    expect(parsed('a=b=c&&')).toEqual({ a: 'b=c' });
    expect(parsed('__proto__=a&constructor=b')).toEqual(
      Object.fromEntries([
        ['__proto__', 'a'],
        ['constructor', 'b'],
      ]),
    );
  });

  it.each(['a=1&a=2', 'a=1&a=1', 'a=&a=1', 'a=1&%61=2', 'a&a'])(
    'that names a parameter twice is malformed: %s',
    (text) => {
      expect(code(() => parsed(text))).toBe('malformed_request');
    },
  );

  it.each(['a=%', 'a=%4', 'a=%zz', 'a=%ff', 'a=%c3', 'a=%ed%a0%80', Buffer.from([0x61, 0x3d, 0xff])])(
    'that is not encoded correctly is malformed: %s',
    (text) => {
      expect(code(() => parsed(text))).toBe('malformed_request');
    },
  );

  it('has a bounded number of parameters', () => {
    const of = (count: number) => Array.from({ length: count }, (_, index) => `p${index}=1`).join('&');
    expect(Object.keys(parsed(of(50)))).toHaveLength(50);
    expect(code(() => parsed(of(51)))).toBe('malformed_request');
  });

  it.each([TYPE, `${TYPE};charset=UTF-8`, `${TYPE} ; charset="utf-8"`, TYPE.toUpperCase()])(
    'can be of the type %s',
    (type) => {
      expect(parsed('a=b', type)).toEqual({ a: 'b' });
    },
  );

  it.each([
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=x',
    `${TYPE};charset=iso-8859-1`,
    `${TYPE}, application/json`,
    `${TYPE}x`,
    '',
  ])('cannot be of the type %s', (type) => {
    expect(code(() => parsed('a=b', type))).toBe('unsupported_media_type');
  });
});
