import type { Environment } from './environment.js';

/**
 * The variables with the URLs of pages that links in mails lead to, with the paths of Portcullis' own pages below
 * `/account`, which are the defaults. Faults are reported in this order.
 */
export const LINK_PATHS = {
  LINK_VERIFY_URL: 'verify',
  LINK_RESET_URL: 'reset',
  LINK_INVITATION_URL: 'invitation',
  LINK_UNDO_URL: 'undo',
  LINK_RECOVERY_URL: 'recovery',
  LINK_RECOVERY_FINISH_URL: 'recovery/finish',
  LINK_DEVICE_URL: 'device',
} as const satisfies Partial<Record<keyof Environment, string>>;

/** The name of a variable with the URL of such a page. */
export type LinkVariable = keyof typeof LINK_PATHS;

export const LINK_VARIABLES = Object.keys(LINK_PATHS) as readonly LinkVariable[];
