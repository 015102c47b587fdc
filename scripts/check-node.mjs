// Reports an unsupported Node version before any code that requires a newer one is loaded. The range is that of package.json.
import { existsSync, readFileSync } from 'node:fs';

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const current = process.versions.node.split('.').map(Number);

const isAtLeast = (version) => {
  const difference = version.map((part, index) => current[index] - part).find((part) => part !== 0);
  return difference === undefined || difference > 0;
};

/** Parses the two forms in which the range is written: `^22.15.0` and `>=24.11.0`. */
const accepts = (alternative) => {
  const [, operator, text] = /^(\^|>=)([\d.]+)$/.exec(alternative.trim()) ?? [];
  const version = text.split('.').map(Number);
  return isAtLeast(version) && (operator === '>=' || current[0] === version[0]);
};

// A checkout has its own Node.js among its dependencies; the package has none.
const remedy = existsSync(new URL('../packages/node', import.meta.url))
  ? 'run "npm ci" without --omit=optional, which brings one along'
  : 'add one to the project: npm install --save-dev node@24';

if (!engines.node.split('||').some(accepts)) {
  process.stderr.write(
    `Portcullis needs Node.js ${engines.node}, and this is ${process.versions.node} (${process.execPath}).\n` +
      `Install a newer one from https://nodejs.org, or ${remedy}.\n`,
  );
  process.exit(1);
}
