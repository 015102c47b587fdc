import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { SCOPES } from '../../../platform/access/scope.decorator.js';
import { Environment } from '../../../platform/config/environment.js';
import type { ServerMetadataDto } from './server-metadata.dto.js';
import { GRANT_TYPE } from '../issuing/token.controller.js';

const METHODS = ['client_secret_basic', 'client_secret_post'];

/** The path without one of the issuer (RFC 8414 section 3). */
export const METADATA_PATH = '/.well-known/oauth-authorization-server';

/** Describes this service to clients of OAuth 2.0 (RFC 8414). */
@Injectable()
export class ServerMetadata implements OnModuleInit {
  private readonly logger = new Logger('OAuth');

  constructor(private readonly environment: Environment) {}

  /** Clients derive the address of the document from the issuer, which may lead elsewhere. */
  onModuleInit(): void {
    const { JWT_ISSUER, PUBLIC_URL } = this.environment;
    if (JWT_ISSUER === PUBLIC_URL) return;
    const path = this.path();
    this.logger.warn(
      path === null
        ? 'JWT_ISSUER is not a URL, so clients of OAuth cannot find the metadata of this service'
        : `JWT_ISSUER is not PUBLIC_URL: clients of OAuth look for the metadata of this service at ${path} on the host of JWT_ISSUER, which must lead here`,
    );
  }

  /** Returns the path at which clients look for the document (RFC 8414 section 3.1); null if the issuer is not a URL. */
  path(): string | null {
    const { JWT_ISSUER: issuer } = this.environment;
    if (!URL.canParse(issuer)) return null;
    return `${METADATA_PATH}${new URL(issuer).pathname.replace(/\/+$/, '')}`;
  }

  /** Returns the document. */
  document(): ServerMetadataDto {
    const base = this.environment.PUBLIC_URL.replace(/\/+$/, '');
    return {
      issuer: this.environment.JWT_ISSUER,
      token_endpoint: `${base}/oauth/token`,
      token_endpoint_auth_methods_supported: METHODS,
      grant_types_supported: [GRANT_TYPE],
      response_types_supported: [],
      scopes_supported: SCOPES.toSorted(),
      jwks_uri: `${base}/.well-known/jwks.json`,
      introspection_endpoint: `${base}/oauth/introspect`,
      introspection_endpoint_auth_methods_supported: [...METHODS, 'Bearer'],
      revocation_endpoint: `${base}/oauth/revoke`,
      revocation_endpoint_auth_methods_supported: METHODS,
    };
  }
}
