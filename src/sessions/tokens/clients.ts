import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { MachinePrincipal } from '../../platform/access/principal.js';
import type { ClientToken } from './client-token-claims.js';

/** Recognises clients of OAuth 2.0, which are service accounts. */
export interface ClientRecognition {
  /**
   * Returns the client that a request to an OAuth endpoint authenticates; null if it authenticates none. Throws
   * `TokenRefused` if the credentials are not acceptable.
   */
  byCredentials(request: FastifyRequest): Promise<MachinePrincipal | null>;
  /** Returns the client that got an access token. Throws `TokenRefused` if the token is not valid any more. */
  byToken(token: ClientToken): Promise<MachinePrincipal>;
}

/**
 * The clients, as the module that manages them recognises them. It registers itself at startup, so that this module
 * does not depend on it.
 */
@Injectable()
export class Clients implements ClientRecognition {
  private recognition?: ClientRecognition;

  register(recognition: ClientRecognition): void {
    this.recognition = recognition;
  }

  async byCredentials(request: FastifyRequest): Promise<MachinePrincipal | null> {
    return this.known.byCredentials(request);
  }

  async byToken(token: ClientToken): Promise<MachinePrincipal> {
    return this.known.byToken(token);
  }

  private get known(): ClientRecognition {
    if (!this.recognition) throw new Error('No module has registered how clients are recognised.');
    return this.recognition;
  }
}
