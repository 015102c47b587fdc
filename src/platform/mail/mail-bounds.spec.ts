import { describe, expect, it } from 'vitest';
import { mailboxOf } from './mail-bounds.js';

describe('The mailbox of an address', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    ['ada+news@example.com', 'ada@example.com'],
    ['ada+a+b@example.com', 'ada@example.com'],
    ['ada@ex+ample.com', 'ada@ex+ample.com'],
    ['+ada@example.com', '+ada@example.com'],
  ])('of %s is %s', (email, mailbox) => {
    expect(mailboxOf(email)).toBe(mailbox);
  });
});
