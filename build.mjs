/**
 * Bundles src/ into dist/ and warms the compile cache, so that a start reads a few files instead of hundreds and
 * compiles none of them. The kernel objects and libkstop.so come from `make -C native`.
 *
 *   dist/kstop.mjs     what bin/kstop runs: cache and heap settings, then main() of dist/app.mjs
 *   dist/app.mjs       src/cli/main.ts; parts behind a dynamic import (the TUI) are chunks of their own
 *   docs/config.schema.json    from the table of flags
 */
import {spawnSync} from 'node:child_process';
import {cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');
const cache = join(dist, '.cache');

/** Yoga's loader takes the slow way through fetch when there is one; the rest of kstop keeps its fetch. */
const yogaWithoutFetch = {
  name: 'yoga-without-fetch',
  setup(bundler) {
    bundler.onLoad({filter: /yoga-wasm-base64-esm\.js$/}, ({path}) => ({
      contents: `const fetch = undefined;\n${readFileSync(path, 'utf8')}`,
      loader: 'js',
    }));
  },
};

/** Ink's bridge to the React devtools needs a package that isn't installed. */
const noDevtools = {
  name: 'no-devtools',
  setup(bundler) {
    bundler.onLoad({filter: /\/ink\/build\/devtools\.js$/}, () => ({contents: 'export default {};', loader: 'js'}));
  },
};

mkdirSync(dist, {recursive: true});
for (const name of readdirSync(dist)) {
  if (name.endsWith('.mjs')) {
    rmSync(join(dist, name));
  }
}

const {metafile} = await build({
  absWorkingDir: root,
  entryPoints: {app: 'src/cli/main.ts'},
  outdir: 'dist',
  outExtension: {'.js': '.mjs'},
  chunkNames: 'chunk-[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // Minified stack traces can't be read, and nothing is gained.
  minify: false,
  // koffi looks for its prebuilt binary beside its own package.
  external: ['koffi'],
  define: {'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"'},
  banner: {
    js: "import {createRequire as __createRequire} from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
  plugins: [yogaWithoutFetch, noDevtools],
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

// Like wire.gen.ts: generated from the source of truth, written only when it changes.
const schema = await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/config/schema.ts'],
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
  logLevel: 'warning',
});
const {configSchema} = await import(
  `data:text/javascript;base64,${Buffer.from(schema.outputFiles[0].contents).toString('base64')}`
);
const published = join(root, 'docs/config.schema.json');
const schemaText = `${JSON.stringify(configSchema(), null, 2)}\n`;
if (existsSync(dirname(published)) && (!existsSync(published) || readFileSync(published, 'utf8') !== schemaText)) {
  writeFileSync(published, schemaText);
}

// Node keeps one cache a user. Root shares the owner's clone, so it gets a copy that the owner can delete; anyone else
// runs without a cache, so that nobody leaves files behind in somebody's clone.
const uid = process.getuid();
const uids = [...new Set([uid, 0])];

writeFileSync(
  join(dist, 'kstop.mjs'),
  `import {enableCompileCache} from 'node:module';

if (${JSON.stringify(uids)}.includes(process.getuid())) {
  enableCompileCache(import.meta.dirname + '/.cache');
}
const {main} = await import('./app.mjs');
await main(process.argv.slice(2));
`,
);

// The cache holds what was compiled when the process ends: load every chunk, and let the app exercise itself.
rmSync(cache, {recursive: true, force: true});
const chunks = Object.keys(metafile.outputs).filter((name) => name.endsWith('.mjs'));
const warm = spawnSync(
  process.execPath,
  [
    '--input-type=module',
    '--eval',
    `import {enableCompileCache} from 'node:module';
     enableCompileCache(${JSON.stringify(cache)});
     for (const chunk of ${JSON.stringify(chunks.map((name) => join(root, name)))}) await import(chunk);
     const app = await import(${JSON.stringify(join(dist, 'app.mjs'))});
     await app.warm?.();`,
  ],
  {stdio: ['ignore', 'ignore', 'inherit'], timeout: 60_000},
);
if (warm.status !== 0) {
  console.error('kstop: the compile cache could not be warmed: the program starts, but more slowly');
}
for (const name of existsSync(cache) ? readdirSync(cache) : []) {
  const forRoot = name.replace(/-\d+$/, '-0');
  if (forRoot !== name) {
    cpSync(join(cache, name), join(cache, forRoot), {recursive: true});
  }
}
