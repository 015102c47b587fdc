import { Controller, Get, Header, Param } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../../platform/access/access.decorator.js';
import { PlatformErrors } from '../../../platform/errors/platform.errors.js';
import { Problem } from '../../../platform/errors/problem.js';
import { ServerMetadataDto } from './server-metadata.dto.js';
import { METADATA_PATH, ServerMetadata } from './server-metadata.js';

const CACHE = 'public, max-age=300';

/** Publishes what clients of OAuth 2.0 must know of this service. */
@ApiTags('oauth')
@Controller(METADATA_PATH)
@Public()
export class ServerMetadataController {
  constructor(private readonly metadata: ServerMetadata) {}

  /**
   * Returns the metadata of this service as an authorization server (RFC 8414): the issuer, the endpoints, and how clients
   * authenticate. If the issuer has a path, the document is also at this path followed by the issuer's.
   */
  @Get()
  @Header('cache-control', CACHE)
  @ApiOperation({ operationId: 'getServerMetadata', summary: 'Describe the OAuth endpoints' })
  @ApiOkResponse({ type: ServerMetadataDto, description: 'The metadata.' })
  describe(): ServerMetadataDto {
    return this.metadata.document();
  }

  /** The path of the issuer is inserted behind the well-known one (RFC 8414 section 3.1). */
  @Get('*')
  @Header('cache-control', CACHE)
  @ApiExcludeEndpoint()
  describeAt(@Param('*') below: string): ServerMetadataDto {
    if (`${METADATA_PATH}/${below}` !== this.metadata.path()) throw new Problem(PlatformErrors.not_found);
    return this.metadata.document();
  }
}
