import { Injectable } from '@nestjs/common';
import { createGuardrails, generateURI, ScureBase32Plugin, verifySync } from 'otplib';
import { renderSVG } from 'uqr';
import { Clock } from '../../../../platform/clock/clock.js';
import { Environment } from '../../../../platform/config/environment.js';
import { Randomness } from '../../../../platform/crypto/randomness.js';
import { canonicalCode } from '../../../../platform/secrets/secret-code.js';

/** The length of SHA-1, which RFC 4226 section 4 recommends for secrets. */
const SECRET_BYTES = 20;

/**
 * The bounds for the secrets of other systems. RFC 4226 demands 128 bits, but many services followed Google Authenticator, which
 * began with 80; their users could not sign in otherwise.
 */
const BOUNDS = createGuardrails({ MIN_SECRET_BYTES: 10, MAX_SECRET_BYTES: 64 });

const BASE32 = new ScureBase32Plugin();

const PERIOD_SECONDS = 30;

const SIX_DIGITS = /^[0-9]{6}$/;

/** Returns whether codes can be checked with a secret: one of 80 to 512 bits, in base 32 without padding (RFC 4648 section 6). */
export function isUsableSecret(secret: string): boolean {
  try {
    const { length } = BASE32.decode(secret);
    return length >= BOUNDS.MIN_SECRET_BYTES && length <= BOUNDS.MAX_SECRET_BYTES;
  } catch {
    return false;
  }
}

/** What an authenticator app needs in order to enrol. */
export interface AppSetup {
  /** In base 32, for people who type it. */
  readonly secret: string;
  /** The key URI that apps read. */
  readonly uri: string;
  /** The key URI as a QR code, in SVG. */
  readonly qrCode: string;
}

/**
 * Time-based one-time passwords (RFC 6238): SHA-1, six digits, 30 seconds, and one step either side for clocks that differ.
 * Authenticator apps support no other parameters reliably.
 */
@Injectable()
export class TotpCodes {
  constructor(
    private readonly randomness: Randomness,
    private readonly environment: Environment,
    private readonly clock: Clock,
  ) {}

  /** Creates a secret of 160 bits, in base 32 without padding. */
  newSecret(): string {
    return BASE32.encode(this.randomness.bytes(SECRET_BYTES), { padding: false });
  }

  /** Describes a secret for the app of an account. */
  setup(secret: string, email: string): AppSetup {
    const uri = generateURI({ issuer: this.environment.PRODUCT_NAME, label: email, secret });
    return { secret, uri, qrCode: renderSVG(uri) };
  }

  /**
   * Returns the time step of a code, in any spelling; null if it is wrong now or its step is not after `lastStep`. No
   * code is right for a secret that cannot be used, so that it does not prevent the account's other apps from being
   * checked.
   */
  stepOf(secret: string, typed: string, lastStep: number | null): number | null {
    const token = canonicalCode(typed);
    if (!SIX_DIGITS.test(token) || !isUsableSecret(secret)) return null;
    const epoch = Math.floor(this.clock.nowMs() / 1000);
    const epochTolerance = PERIOD_SECONDS;
    const after = lastStep === null ? {} : { afterTimeStep: lastStep };
    const result = verifySync({ secret, token, epoch, epochTolerance, guardrails: BOUNDS, ...after });
    return result.valid && 'timeStep' in result ? result.timeStep : null;
  }
}
