import {readdirSync, readFileSync} from 'node:fs';
import test from 'ava';
import {textOf} from './svg.ts';
import {PICTURES, REPO, take} from './take.ts';

/**
 * What a picture and the screen have in common as long as the picture is fresh: the panes' titles in their order, the
 * columns' headings and the tabs. Figures, rows, sizes, colours and which keys the bottom line has room for are left out,
 * so that a change to those makes no test fail; new, renamed, moved or missing panes, columns and views do.
 */
function structure(lines: readonly string[]): string[] {
  const titles = lines.flatMap((line) =>
    [...line.matchAll(/┌─▶? ([A-Z][a-z]+(?:[ -][a-z]+)*)/g)].map(([, title]) => title),
  );
  const headings = lines
    .filter((line) => /^│ +[A-Z]{2,}[▲▼ ]/.test(line))
    .map((line) => line.replace(/[│▲▼ ]+/g, ' ').trim());
  return [...titles, ...headings, ...(lines[2]?.match(/[a-z]+/gi) ?? [])] as string[];
}

test('the pictures show the screen as it is now (else: docs/make-pictures)', async (t) => {
  t.timeout(180_000);
  const shown = new Map<string, string[]>();
  await take(undefined, ({name}, pty) => shown.set(name, structure(pty.lines)));
  for (const {name} of PICTURES) {
    const pictured = structure(textOf(readFileSync(`${REPO}docs/pictures/${name}.svg`, 'utf8')));
    t.true(pictured.length > 12, name);
    t.deepEqual(pictured, shown.get(name), name);
  }
});

test('every picture is one of the list, small, well-formed and shown in the README', (t) => {
  const files = readdirSync(`${REPO}docs/pictures`).filter((name) => name.endsWith('.svg'));
  t.deepEqual(files.sort(), PICTURES.map(({name}) => `${name}.svg`).sort());
  const readme = readFileSync(`${REPO}README.md`, 'utf8');
  for (const file of files) {
    const svg = readFileSync(`${REPO}docs/pictures/${file}`, 'utf8');
    t.true(svg.length < 200_000, file);
    t.regex(svg, /^<svg [^>]*>\n<title>[^<]+<\/title>/);
    t.notRegex(svg, /[\x00-\x09\x0b-\x1f]|<script|undefined|NaN/);
    const open = svg.match(/<(?:text|title|desc|svg)\b/g)?.length;
    t.is(svg.match(/<\/(?:text|title|desc|svg)>/g)?.length, open, file);
    t.true(readme.includes(`docs/pictures/${file}`), file);
  }
});
