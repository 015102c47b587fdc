import { CountedGuesses } from './counted-guesses.js';
import { FactorGuesses } from './factor-guesses.js';
import { LoginFailureRecorder } from './login-failure-recorder.js';
import { PasswordGuesses } from './password-guesses.js';
import { PasswordJudgement } from './password-judgement.js';
import { SessionGuesses } from './session-guesses.js';

/** The providers that check guesses at passwords and codes, and count and record the wrong ones. */
export const GUESSES = [
  CountedGuesses,
  FactorGuesses,
  LoginFailureRecorder,
  PasswordGuesses,
  PasswordJudgement,
  SessionGuesses,
];
