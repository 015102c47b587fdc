import { Injectable } from '@nestjs/common';
import { Environment } from '../config/environment.js';

/** The variable that names the page to which a link of each purpose leads. */
const PAGES = {
  verify: 'LINK_VERIFY_URL',
  reset: 'LINK_RESET_URL',
  undo: 'LINK_UNDO_URL',
  device: 'LINK_DEVICE_URL',
} as const satisfies Record<string, keyof Environment>;

/** What a link in a mail is for. */
export type LinkPurpose = keyof typeof PAGES;

/**
 * Makes the links in mails, from the configuration only: a link that followed a request's `Host` would take the token to
 * whoever sent the request (Zitadel GHSA-pfrf-9r5f-73f5).
 */
@Injectable()
export class MailLinks {
  constructor(private readonly environment: Environment) {}

  /** The page of a purpose with a token in the fragment, which browsers send neither to a server nor in `Referer`. */
  to(purpose: LinkPurpose, token: string): string {
    const url = new URL(this.environment[PAGES[purpose]]);
    url.hash = `token=${token}`;
    return url.href;
  }
}
