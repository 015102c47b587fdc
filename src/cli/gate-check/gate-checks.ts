import { IDENTITY_HEADERS } from '../../gateway/identity-headers.js';
import type { GateRule } from '../../gateway/rules/gate-rule.js';
import type { RawAnswer, RawRequest } from './raw-request.js';

/** What is checked, and with what. */
export interface GateCheckSubject {
  /** A page of the application, behind the proxy. */
  readonly url: URL;
  /** A page for which the proxy asks the rule that is never answered. */
  readonly silentUrl?: URL;
  readonly rule: GateRule;
  /** An access token that opens the rule. */
  readonly token: string;
  /** The name of the cookie with the access token. */
  readonly cookie: string;
  readonly loginUrl?: string;
}

/** Requests of one kind, and which answers to them are right. */
export interface GateCheck {
  readonly what: string;
  readonly requests: readonly RawRequest[];
  readonly holds: (answer: RawAnswer) => boolean;
  /** Where they go, instead of the page. */
  readonly url?: URL;
}

/** Statuses with which a proxy or Portcullis refuses. An application that was reached could answer 404 or 500. */
const REFUSALS = new Set([0, 400, 401, 403, 405, 414, 421, 426, 431, 501, 503, 505]);

/** Appears in an answer only if the application received it and shows it. */
const CANARY = 'portcullis-gate-check-canary';

const FORGED = IDENTITY_HEADERS.flatMap((name) => [
  name,
  name.replaceAll('-', '_'),
  name.replace('-', '_'),
  name.replace(/-(?=\w+$)/, '_'),
]).map((name) => `${name}: ${CANARY}`);

const CLAIMS = [
  'X-Forwarded-Method: GET',
  'X-Forwarded-Uri: /public',
  'X-Forwarded-Prefix: /public',
  'X-Original-URI: /public',
  'X-Original-URL: /public',
  'X-Rewrite-URL: /public',
  'X-HTTP-Method-Override: GET',
  'X-Portcullis-Proxy: nginx',
  'X-Portcullis-Status: 200',
  'X_Forwarded_Uri: /public',
  'User-Agent: GoogleHC/1.0',
  'User-Agent: kube-probe/1.31',
];
const METHODS = ['get', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'PROPFIND', 'FOO'];
const PATHS = [
  '/?x=/public',
  '/#/public',
  '/public/../',
  '/public/%2e%2e/',
  '/public%2f..%2f',
  '/public/..%5c',
  '//',
  '/./',
  '/;x=/public',
  '/%00',
  '/favicon.ico',
  '/robots.txt',
  '/health',
  '/.well-known/x',
];
const BROKEN = ['', '=', 'null', 'e30.e30.e30', '"', '\x80\xff', '%00', '{}', 'x'.repeat(9000)];
/** Each is the field Upgrade of a request, or both. The canary stands for any protocol that the application could know. */
const PROTOCOLS = [['h2c'], ['h2c, websocket'], ['websocket, h2c'], ['h2c', 'websocket'], [CANARY]];

const HANDSHAKE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

/** Returns the checks of a subject. In the first, the token opens the rule; without that, refusals prove nothing. */
export function gateChecks(subject: GateCheckSubject): GateCheck[] {
  const { rule, silentUrl } = subject;
  return [
    ...forCallers(subject),
    ...(rule.access === 'signed-in' ? forNobody(subject) : []),
    ...(silentUrl
      ? [
          {
            what: 'nothing passes while Portcullis does not answer',
            requests: [{ lines: [credentialOf(subject)] }, {}],
            holds: ({ status }: RawAnswer) => status === 0 || status >= 500,
            url: silentUrl,
          },
        ]
      : []),
  ];
}

/** Checks with a good token. */
function forCallers(subject: GateCheckSubject): GateCheck[] {
  const { rule, cookie, token } = subject;
  const credential = credentialOf(subject);
  const crossSite = [`Cookie: ${cookie}=${token}`, 'Origin: https://gate-check.invalid'];
  // Not all browsers send it when they open a WebSocket.
  const fetchMetadata = 'Sec-Fetch-Site: cross-site';
  return [
    {
      what: 'the token opens the rule',
      requests: [{ lines: [credential] }],
      holds: isSuccess,
    },
    {
      what: 'an identity that the client sends is not seen in the answer',
      requests: [
        { lines: [credential, ...FORGED] },
        ...FORGED.map((line) => ({ lines: [credential, line] })),
      ],
      // Envoy refuses underscores.
      holds: (answer) => answer.status === 400 || (isSuccess(answer) && !answer.text.includes(CANARY)),
    },
    {
      what: 'the token is not seen in the answer',
      requests: [{ lines: [credential] }],
      holds: (answer) => isSuccess(answer) && !answer.text.includes(token),
    },
    {
      what: 'a Connection that names an identity field is refused',
      requests: IDENTITY_HEADERS.map((name) => ({ lines: [credential, `Connection: close, ${name}`] })),
      holds: ({ status }) => status === 0 || status >= 400,
    },
    {
      what: 'no connection changes to another protocol than WebSocket',
      requests: PROTOCOLS.map((protocols) => ({
        lines: [
          credential,
          'Connection: Upgrade, HTTP2-Settings',
          'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
          ...protocols.map((protocol) => `Upgrade: ${protocol}`),
        ],
      })),
      holds: ({ status, text }) => status !== 101 && !text.includes(CANARY),
    },
    ...(rule.credentials.includes('cookie')
      ? [
          {
            what: 'pages of other sites cannot use the cookie',
            requests: ['POST', 'DELETE', 'FOO'].map((method) => ({
              method,
              lines: [...crossSite, fetchMetadata],
            })),
            holds: ({ status }: RawAnswer) => REFUSALS.has(status),
          },
          {
            what: 'pages of other sites cannot open a WebSocket with the cookie',
            requests: [[], [fetchMetadata]].map((more) => ({ lines: [...HANDSHAKE, ...crossSite, ...more] })),
            // An application could answer 400 or 426.
            holds: ({ status }: RawAnswer) => status === 401 || status === 403,
          },
        ]
      : []),
  ];
}

/** Checks without a good token, of a rule that requires one. */
function forNobody({ rule, cookie, loginUrl }: GateCheckSubject): GateCheck[] {
  const isLogin = ({ status, text }: RawAnswer) =>
    rule.redirectsToLogin &&
    loginUrl !== undefined &&
    status === 302 &&
    text.includes(loginUrl.replace(/\?.*$/, ''));
  const holds = (answer: RawAnswer) => REFUSALS.has(answer.status) || isLogin(answer);
  const check = (what: string, requests: readonly RawRequest[]): GateCheck => ({ what, requests, holds });
  return [
    check('nobody passes without a credential', [{}]),
    check('an identity that the client sends opens nothing', [
      { lines: FORGED },
      ...FORGED.map((line) => ({ lines: [line] })),
    ]),
    check('what the client says about its request opens nothing', [
      ...CLAIMS.map((line) => ({ lines: [line] })),
      ...CLAIMS.map((line) => ({ method: 'POST', lines: [line] })),
    ]),
    check(
      'no method is exempt',
      METHODS.map((method) => ({ method })),
    ),
    check(
      'no spelling of a path is exempt',
      PATHS.map((path) => ({ path })),
    ),
    check('a broken credential opens nothing', [
      ...BROKEN.map((value) => ({ lines: [`Cookie: ${cookie}=${value}`] })),
      ...BROKEN.map((value) => ({ lines: [`Authorization: Bearer ${value}`] })),
    ]),
  ];
}

const isSuccess = ({ status }: RawAnswer) => status >= 200 && status < 300;

function credentialOf({ rule, cookie, token }: GateCheckSubject): string {
  return rule.credentials.includes('bearer')
    ? `Authorization: Bearer ${token}`
    : `Cookie: ${cookie}=${token}`;
}
