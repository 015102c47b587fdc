import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse } from '@nestjs/swagger';
import { attachment, UNBUFFERED } from '../../platform/http/openapi/response-fields.js';
import { ProvenEntryDto } from './dto/proven-entry.dto.js';

const EVENT =
  '{"id":"019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d","time":"2026-11-23T09:30:00.026Z","type":"authn_login_success","kind":"event","outcome":"success","reason":null,"userId":"019abf6e-0b6e-7c1f-8d5e-2f4b6a8c0e1d","sessionId":"019abf6e-3c19-7b0a-9f3d-5a7c9e1b3d5f","address":"203.0.113.7","userAgent":"curl/8.5.0","requestId":"019abf6e-3c18-7e2f-8a6b-4c6e8a0b2d4f","method":null,"route":null,"status":null,"durationMs":null,"details":{"account":"5b1f0c9d2a7e4f60813c6f5f0e9d7a21","deviceId":"019abf6e-3c19-7b0a-9f3d-5a7c9e1b3d60","knownDevice":true,"firstLogin":false}}';
const CALL =
  '{"id":"019abf6e-3c1b-7a94-8b52-7e1f3a5c7d9b","time":"2026-11-23T09:30:00.027Z","type":"api_call","kind":"call","outcome":"success","reason":null,"userId":null,"sessionId":null,"address":"203.0.113.7","userAgent":"curl/8.5.0","requestId":"019abf6e-3c18-7e2f-8a6b-4c6e8a0b2d4f","method":"POST","route":"/auth/login","status":200,"durationMs":211.4,"details":null}';
/** An entry of format 2, which has what proves its personal members. */
const proven = (entry: string, proof: string) => `${entry.slice(0, -1)},"proof":${proof}}`;

const PROVEN_EVENT = proven(
  EVENT,
  '{"originSalt":"9f86d081884c7d659a2feaa0c55ad015","detailsSalt":"3b0c44298fc1c149afbf4c8996fb9242"}',
);
const PROVEN_CALL = proven(CALL, '{"originSalt":"a948904f2f0f479b8f8197694b30184b"}');
const SEAL =
  '{"format":2,"number":1,"time":"2026-11-23T09:30:01.000Z","fromPosition":0,"toPosition":812,"events":1,"calls":1,"members":"AZq/bjwa...","retired":[],"previous":"0000...","hash":"5b1f...","signature":"9c0d..."}';
const CSV = `id,time,type,kind,outcome,reason,userId,sessionId,address,userAgent,requestId,method,route,status,durationMs,details\r
019abf6e-3c1b-7a94-8b52-7e1f3a5c7d9b,2026-11-23T09:30:00.027Z,api_call,call,success,,,,203.0.113.7,curl/8.5.0,019abf6e-3c18-7e2f-8a6b-4c6e8a0b2d4f,POST,/auth/login,200,211.4,\r
`;

const text = (example: string) => ({ schema: { type: 'string' as const }, example });

/** OpenAPI documentation of an export, which contains the same entries in either format. */
export const ExportAnswer = () =>
  applyDecorators(
    ApiExtraModels(ProvenEntryDto),
    ApiOkResponse({
      description: 'A stream of entries, oldest first; as JSON, each with its `proof`.',
      headers: attachment('audit.ndjson'),
      content: { 'application/x-ndjson': text(`${PROVEN_EVENT}\n${PROVEN_CALL}\n`), 'text/csv': text(CSV) },
    }),
  );

/** OpenAPI documentation of an export of seals. */
export const SealsAnswer = () =>
  ApiOkResponse({
    description: 'A stream of seals, oldest first.',
    headers: attachment('audit-seals.ndjson'),
    content: { 'application/x-ndjson': text(`${SEAL}\n`) },
  });

/** OpenAPI documentation of the live stream. */
export const FollowAnswer = () =>
  ApiOkResponse({
    description:
      'A stream of entries as they are recorded, with occasional comments that keep the connection open.',
    headers: UNBUFFERED,
    content: {
      'text/event-stream': text(
        `retry: 2000\n\nid: 019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d\ndata: ${EVENT}\n\n: quiet\n\n`,
      ),
    },
  });
