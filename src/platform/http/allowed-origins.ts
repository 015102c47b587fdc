import type { Environment } from '../config/environment.js';

/** Pages under development come from any port of this machine, by the names that browsers do not let others have. */
const LOOPBACK = /^http:\/\/(localhost|127\.0\.0\.1)(:\d{1,5})?$/;

/** The origins of `CORS_ORIGINS`, compared exactly; those of this machine too for a throwaway service. */
export class AllowedOrigins {
  private readonly listed: ReadonlySet<string>;
  private readonly loopback: boolean;

  constructor({ CORS_ORIGINS, throwaway }: Pick<Environment, 'CORS_ORIGINS' | 'throwaway'>) {
    this.listed = new Set(CORS_ORIGINS);
    this.loopback = throwaway !== null;
  }

  /** Returns whether the pages of an origin may call this service. */
  has(origin: string): boolean {
    return this.listed.has(origin) || (this.loopback && LOOPBACK.test(origin));
  }
}
