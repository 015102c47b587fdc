import { AccountDeletion } from './account-deletion.js';
import { AccountTraces } from './account-traces.js';
import { DeletionNotice } from './deletion-notice.js';
import { ErasedTraces } from './erased-traces.js';
import { OwnDeletion } from './own-deletion.js';

/** The providers of the deletion of accounts. */
export const ACCOUNT_DELETION = [AccountDeletion, AccountTraces, DeletionNotice, ErasedTraces, OwnDeletion];
