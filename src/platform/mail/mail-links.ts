import { Injectable } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import type { LinkVariable } from '../config/link-variables.js';

/** The variables with the pages to which links lead, by purpose. */
const PAGES = {
  verify: 'LINK_VERIFY_URL',
  reset: 'LINK_RESET_URL',
  invitation: 'LINK_INVITATION_URL',
  undo: 'LINK_UNDO_URL',
  recovery: 'LINK_RECOVERY_URL',
  recoveryFinish: 'LINK_RECOVERY_FINISH_URL',
  device: 'LINK_DEVICE_URL',
} as const satisfies Record<string, LinkVariable>;

/** The purpose of a link in a mail. */
export type LinkPurpose = keyof typeof PAGES;

/**
 * Creates the links in mails, only from the configuration. If links followed a request's `Host`, the sender of the
 * request could obtain the token (Zitadel GHSA-pfrf-9r5f-73f5).
 */
@Injectable()
export class MailLinks {
  constructor(private readonly environment: Environment) {}

  /**
   * Returns the page of a purpose with a token in the fragment, which browsers send neither to a server nor in
   * `Referer`.
   */
  to(purpose: LinkPurpose, token: string): string {
    const url = new URL(this.environment[PAGES[purpose]]);
    url.hash = `token=${token}`;
    return url.href;
  }
}
