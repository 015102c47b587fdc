import { RecoveryCancellation } from './recovery-cancellation.js';
import { RecoveryCompletion } from './recovery-completion.js';
import { RecoveryLinks } from './recovery-links.js';
import { RecoveryNotices } from './recovery-notices.js';
import { RecoveryRequests } from './recovery-requests.js';
import { RecoveryRuns } from './recovery-runs.js';
import { RecoverySchedule } from './recovery-schedule.js';
import { RecoveryStart } from './recovery-start.js';

/** The providers of the recovery of lost factors. */
export const FACTOR_RECOVERY = [
  RecoveryCancellation,
  RecoveryCompletion,
  RecoveryLinks,
  RecoveryNotices,
  RecoveryRequests,
  RecoveryRuns,
  RecoverySchedule,
  RecoveryStart,
];
