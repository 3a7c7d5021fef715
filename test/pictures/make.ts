/** Draws docs/pictures/ anew from the program's own screen: run docs/make-pictures. */
import {mkdirSync, writeFileSync} from 'node:fs';
import {svgOf} from './svg.ts';
import {KSTOP, REPO, take} from './take.ts';

mkdirSync(`${REPO}docs/pictures`, {recursive: true});
await take(KSTOP, ({name, title}, pty) => {
  const file = `docs/pictures/${name}.svg`;
  const svg = svgOf(pty.cells, title, pty.lines);
  writeFileSync(`${REPO}${file}`, svg);
  console.log(`${file}: ${Math.round(svg.length / 1000)} kB`);
});
process.exit(0);
