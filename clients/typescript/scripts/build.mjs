// Makes dist/: the package as ES modules and as CommonJS, each with its types.
// `npm install FOLDER` runs this (as `prepare`) without the package's dev dependencies, so it gets them itself.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function run(command, parameters) {
  const done = spawnSync(command, parameters, { stdio: 'inherit', cwd: root });
  if (done.error) throw done.error;
  if (done.status !== 0) process.exit(done.status ?? 1);
}

function compiler() {
  // Not cached, since it may come into being.
  return createRequire(join(root, 'package.json')).resolve('typescript/bin/tsc');
}

function installDevDependencies() {
  const parameters = ['install', '--include=dev', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund'];
  // What the outer npm was told for its own place.
  parameters.push('--global=false', '--install-links=false', '--dry-run=false');
  const npm = process.env.npm_execpath;
  if (npm?.endsWith('.js')) run(process.execPath, [npm, ...parameters]);
  else run('npm', parameters);
}

let tsc;
try {
  tsc = compiler();
} catch {
  installDevDependencies();
  tsc = compiler();
}

rmSync(join(root, 'dist'), { recursive: true, force: true });
for (const [project, format, type] of [
  ['tsconfig.json', 'esm', 'module'],
  ['tsconfig.cjs.json', 'cjs', 'commonjs'],
]) {
  run(process.execPath, [tsc, '-p', join(root, project)]);
  mkdirSync(join(root, 'dist', format), { recursive: true });
  writeFileSync(join(root, 'dist', format, 'package.json'), `${JSON.stringify({ type })}\n`);
}
