import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {LESSER} from '../kernel/util/lesser.ts';

const folder = join(import.meta.dirname, '../kernel');

test('what guests leave out is there: each beginning is that of a test', (t) => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
  const sources = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
  for (const start of LESSER) {
    // Tests that are made for both families have it as a placeholder.
    const found = [start, start.replace('ipv6', '$' + '{family}')].some((text) =>
      [`'${text}`, `"${text}`, `\`${text}`].some((quoted) => sources.includes(quoted)),
    );
    t.true(found, start);
  }
});
