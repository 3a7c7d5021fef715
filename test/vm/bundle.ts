import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {build, type Plugin} from 'esbuild';

/** Code that asks where it stands must hear where its source stands, not the bundle. */
const keepPlaces: Plugin = {
  name: 'keep-places',
  setup(bundler) {
    bundler.onLoad({filter: /\.tsx?$/}, ({path}) => ({
      contents: readFileSync(path, 'utf8')
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.filename', JSON.stringify(path))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
      loader: path.endsWith('x') ? 'tsx' : 'ts',
    }));
  },
};

/**
 * Makes one plain module of each test file and what it imports of ours, so that an emulated CPU neither runs a TypeScript
 * compiler nor opens a hundred files. It is the compiler that tsx runs, over the same files. `place` is the folder of
 * this clone where the modules will be seen in the guest (packages are found from there); they are written to `folder`.
 */
export async function bundleTests(files: readonly string[], place: string, folder: string): Promise<void> {
  const {outputFiles} = await build({
    entryPoints: [...files],
    outdir: place,
    outExtension: {'.js': '.mjs'},
    entryNames: '[name]',
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node22',
    sourcemap: 'inline',
    sourcesContent: false,
    plugins: [keepPlaces],
    write: false,
    logLevel: 'warning',
  });
  mkdirSync(folder, {recursive: true});
  for (const {path, contents} of outputFiles) {
    writeFileSync(join(folder, basename(path)), contents);
  }
}
