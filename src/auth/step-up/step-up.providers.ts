import { CodeStepUp } from './code-step-up.js';
import { PasskeyStepUp } from './passkey-step-up.js';
import { PasswordStepUp } from './password-step-up.js';
import { StepUpService } from './step-up.service.js';

/** The providers of step-up. */
export const STEP_UP = [CodeStepUp, PasskeyStepUp, PasswordStepUp, StepUpService];
