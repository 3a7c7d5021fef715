import {cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {repo, run} from './fake-clone.ts';

/** What each layer may import of the others. */
const MAY_IMPORT: Record<string, string[]> = {
  types: [],
  util: ['types'],
  probes: ['types', 'util'],
  containers: ['types', 'util'],
  predict: ['types', 'util'],
  native: ['types', 'util', 'probes'],
  sources: ['types', 'util', 'probes', 'native', 'containers', 'predict'],
  trace: ['types', 'util', 'probes'],
  model: ['types', 'util'],
  outputs: ['types', 'util', 'probes', 'model', 'trace', 'outputs', 'metrics', 'mcp', 'tui'],
  metrics: ['types', 'util', 'probes', 'model', 'trace', 'outputs', 'metrics', 'mcp', 'tui'],
  mcp: ['types', 'util', 'probes', 'model', 'trace', 'outputs'],
  tui: ['types', 'util', 'probes', 'model', 'trace', 'outputs', 'metrics', 'mcp', 'tui'],
};
const LAYERS = [...Object.keys(MAY_IMPORT), 'cli'];

interface Diagnostic {
  category: string;
  location: {path: string | {file: string}};
}

/** Writes files beside a copy of the configuration and returns those that the linter refuses. */
function refused(files: Record<string, string>): Set<string> {
  const folder = mkdtempSync(join(tmpdir(), 'kstop-layers-'));
  try {
    for (const name of ['biome.json', '.gitignore']) cpSync(join(repo, name), join(folder, name));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, path, '..'), {recursive: true});
      writeFileSync(join(folder, path), text);
    }
    const {stdout} = run(
      process.execPath,
      [
        join(repo, 'node_modules/@biomejs/biome/bin/biome'),
        'lint',
        '--reporter=json',
        '--max-diagnostics=none',
        '--only=style/noRestrictedImports',
        '--only=style/noRestrictedGlobals',
        '.',
      ],
      {cwd: folder},
    );
    const {diagnostics} = JSON.parse(stdout) as {diagnostics: Diagnostic[]};
    return new Set(
      diagnostics.map(({location: {path}}) => (typeof path === 'string' ? path : path.file).replace(/^\.\//, '')),
    );
  } finally {
    rmSync(folder, {recursive: true});
  }
}

test('imports go downwards only', (t) => {
  const files: Record<string, string> = {};
  const expected = new Set<string>();
  for (const [layer, allowed] of Object.entries(MAY_IMPORT)) {
    for (const other of LAYERS.filter((name) => name !== layer)) {
      for (const [path, up] of [
        [`src/${layer}/${other}.ts`, '..'],
        [`src/${layer}/nested/${other}.ts`, '../..'],
      ]) {
        files[path] = `import type {X} from '${up}/${other}/some/x.ts';\nexport type Y = X;\n`;
        if (!allowed.includes(other)) expected.add(path);
      }
    }
    files[`src/${layer}/own.ts`] = "export * from './x.ts';\n";
  }
  t.deepEqual([...refused(files)].sort(), [...expected].sort());
});

test('re-exports, side effects and dynamic imports count', (t) => {
  t.deepEqual(
    [
      ...refused({
        'src/tui/a.ts': "export * from '../native/x.ts';\n",
        'src/tui/b.ts': "import '../sources/x.ts';\n",
        'src/tui/c.ts': "export const c = await import('../cli/x.ts');\n",
        'src/tui/d.ts': "import 'some-package/native/x.js';\n",
      }),
    ].sort(),
    ['src/tui/a.ts', 'src/tui/b.ts', 'src/tui/c.ts'],
  );
});

test('the model and the predictor take no package, no I/O and no clock', (t) => {
  t.deepEqual(
    [
      ...refused({
        'src/model/a.ts': "import 'node:fs';\n",
        'src/model/b.ts': "import 'react';\n",
        'src/model/c.ts': 'export const now = Date.now();\n',
        'src/model/d.ts': 'export const env = process.env;\n',
        'src/model/e.ts': 'export const one = 1;\n',
        'src/model/part/f.ts': "export * from '../e.ts';\nexport * from '../../types/x.ts';\n",
        'src/model/part/g.ts': "export * from '../../native/x.ts';\n",
        'src/predict/a.ts': "import 'node:fs';\n",
        'src/predict/b.ts': 'export const now = performance.now();\n',
      }),
    ].sort(),
    [
      'src/model/a.ts',
      'src/model/b.ts',
      'src/model/c.ts',
      'src/model/d.ts',
      'src/model/part/g.ts',
      'src/predict/a.ts',
      'src/predict/b.ts',
    ],
  );
});

test('every folder of src/ has its place', (t) => {
  const folders = readdirSync(join(repo, 'src'), {withFileTypes: true}).filter((entry) => entry.isDirectory());
  t.deepEqual(
    folders.map(({name}) => name).filter((name) => !LAYERS.includes(name)),
    [],
  );
});
