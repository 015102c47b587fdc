const MODULES = [
  'audit',
  'rate-limit',
  'users',
  'sessions',
  'auth',
  'machines',
  'gateway',
  'admin',
  'monitoring',
];

/** A module may import those to its left, and nothing to its right. */
const order = MODULES.map((name, index) => ({
  name: `${name}-imports-only-to-its-left`,
  comment:
    'The modules have one order, audit < rate-limit < users < sessions < auth < machines < gateway < admin < monitoring, so that no cycle and no forwardRef can arise. Pass data to the right, or implement a port of the platform.',
  severity: 'error',
  from: { path: `^src/${name}/` },
  to: { path: `^src/(${MODULES.slice(index + 1).join('|') || '$none'})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      comment:
        'Files that import each other can be understood only together, and entities that do fail at run time.',
      severity: 'error',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    ...order,
    {
      name: 'platform-imports-no-module',
      comment:
        'Every module stands on the platform; what it needs from a module is data or metadata, which lives in the platform.',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { path: `^src/(${MODULES.join('|')})/` },
    },
    {
      name: 'nothing-imports-the-composition',
      comment:
        'app/, cli/ and main.ts put the parts together; a part that imports them turns the order upside down.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(app/|cli/|main\\.ts$)' },
      to: { path: '^src/(app/|cli/|main\\.ts$)' },
    },
    {
      name: 'only-start-ephemeral-loads-it',
      comment:
        'src/ephemeral makes people and moves the clock for whoever asks. No other program may load it, not even to leave it unused.',
      severity: 'error',
      from: { path: '^src/(main|cli/admin|cli/audit-verify)\\.ts$' },
      to: { path: '^src/ephemeral/', reachable: true },
    },
    {
      name: 'nothing-imports-ephemeral',
      comment: 'It stands on the whole service; only the command that starts it knows it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(ephemeral/|cli/ephemeral)' },
      to: { path: '^src/ephemeral/' },
    },
    {
      name: 'scan-loads-nothing-else',
      comment:
        '`portcullis scan` runs before every commit of other projects: it reads no configuration and starts in an instant.',
      severity: 'error',
      from: { path: '^src/cli/scan/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: '^(src/|node:(net|http|https|http2|tls|dgram|dns)$)',
        pathNot:
          '^src/(cli/(scan/|exit-codes|shown)|machines/keys/key-format|platform/(crypto/randomness|config/configuration-fault))',
        reachable: true,
      },
    },
    {
      name: 'no-barrel',
      comment:
        'index.ts files that re-export make cycles and hide where a thing lives; import the file itself.',
      severity: 'error',
      from: {},
      to: { path: '^src/.*/index\\.ts$' },
    },
    {
      name: 'source-imports-no-test-or-dev-dependency',
      comment: 'The image is built without development dependencies.',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'source-imports-no-test-support',
      comment: 'Tests know the source; the source does not know its tests.',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^test/' },
    },
    {
      name: 'sql-only-in-repositories',
      comment:
        'Whoever looks for a statement finds it in a *.repository.ts, and a service can be read without one.',
      severity: 'error',
      from: {
        path: `^src/(${MODULES.join('|')})/`,
        pathNot: '(\\.repository|\\.entity|\\.module|\\.spec)\\.ts$',
      },
      to: { path: '^node_modules/(typeorm|pg)/' },
    },
    {
      name: 'entities-stay-in-their-module',
      comment: 'A table is written by the module that owns it. The sessions read their owners.',
      severity: 'error',
      from: { path: '^src/(audit|rate-limit|users|auth|machines|gateway|admin|monitoring)/' },
      to: { path: '^src/sessions/.*\\.entity\\.ts$' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
