import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {Ajv2020} from 'ajv/dist/2020.js';
import test from 'ava';
import {parse} from 'smol-toml';
import {checkTogether} from '../../src/cli/config/index.ts';
import {KEYS} from '../../src/cli/config/keys.ts';
import {invoker, places} from '../../src/cli/config/place.ts';
import {configSchema} from '../../src/cli/config/schema.ts';
import {settingsOf} from '../../src/cli/config/settings.ts';
import {errorLine, UsageError} from '../../src/cli/errors.ts';
import {FLAGS} from '../../src/cli/flags.ts';
import {type LiveOptions, type RecordOptions, readArguments, toOptions} from '../../src/cli/options.ts';
import {typeOf} from '../../src/cli/value-types.ts';

const published = JSON.parse(readFileSync(new URL('../../docs/config.schema.json', import.meta.url), 'utf8'));
const matches = new Ajv2020({allowUnionTypes: true, strictRequired: false}).compile(published);

function corpus(folder: string): [name: string, text: string][] {
  const path = join(import.meta.dirname, 'config', folder);
  return readdirSync(path).map((name) => [name, new TextDecoder('utf-8').decode(readFileSync(join(path, name)))]);
}

/** As the program judges it: undefined, or the line on stderr. */
function judged(text: string, rootOwned = true): string | undefined {
  try {
    checkTogether({path: 'FILE', settings: settingsOf('FILE', {text, rootOwned})});
    return undefined;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return errorLine(error);
  }
}

/** As the schema judges it; undefined where it is no TOML at all. */
function schemaTakes(text: string): boolean | undefined {
  try {
    return matches(parse(text, {integersAsBigInt: 'asNeeded'}));
  } catch {
    return undefined;
  }
}

for (const [name, text] of corpus('valid')) {
  test(`taken by kstop and by the schema: ${name}`, (t) => {
    t.is(judged(text), undefined);
    t.true(schemaTakes(text), JSON.stringify(matches.errors));
  });
}

for (const [folder, taken] of [
  ['invalid', false],
  ['beyond-schema', true],
] as const) {
  for (const [name, text] of corpus(folder)) {
    test(`refused with the right words: ${folder}/${name}`, (t) => {
      const [, says] = /^# says: (.*)$/m.exec(text) ?? [];
      t.truthy(says, 'its first line says what is expected');
      const line = judged(text) ?? 'taken';
      t.true(line.includes(says ?? ''), line);
      t.regex(line, /^kstop: FILE[^\n]*: [^\n]+\n$/);
      const schema = schemaTakes(text);
      if (schema === undefined) t.regex(line, /not TOML/);
      else t.is(schema, taken, JSON.stringify(matches.errors));
    });
  }
}

test('the published schema is made from the table of flags', (t) => {
  t.deepEqual(published, JSON.parse(JSON.stringify(configSchema())), 'run the build');
});

test('every flag has a key, unless it says otherwise, and every value a type', (t) => {
  for (const flag of FLAGS) {
    t.is(
      KEYS.some((key) => key.name === flag.name),
      flag.config !== false,
      flag.name,
    );
    if (flag.value) t.truthy(typeOf(flag), flag.name);
    if (typeOf(flag)?.toml === 'number') t.truthy(flag.range ?? flag.choices, `${flag.name} has bounds`);
  }
});

test('paths count only from a file that root owns', (t) => {
  for (const key of ['output', 'cgroup']) {
    t.is(judged(`${key} = "/x"`), undefined);
    t.is(
      judged(`${key} = "/x"`, false),
      `kstop: FILE:1: ${key}: a path counts only from a file that root owns (give --${key} on the command line)\n`,
    );
  }
});

test('a key told twice in the text, once within a string, is named without a line', (t) => {
  t.regex(judged('comm = """\nquiet = 5\n"""\nquiet = 5') ?? '', /^kstop: FILE: |^kstop: FILE:1: comm/);
});

const options = (line: string, text: string) =>
  toOptions(readArguments(line.split(' ').filter(Boolean)), settingsOf('FILE', {text, rootOwned: true}));

test('the command line wins', (t) => {
  const text =
    'sched-warn = 500\nsched-crit = 600\ninterval = 5\nprobes = "oom"\nquiet = true\nhistogram = false\njson = true\ncolor = false';
  const file = options('', text) as LiveOptions;
  t.like(file, {intervalS: 5, probes: ['oom'], quiet: true, histogram: false, face: 'json', noColor: true});
  t.like(file.thresholds, {sched_warn_us: 500, sched_crit_us: 600, block_warn_us: 10_000});
  const line = options(
    '-i 1 --probes sched --no-quiet --histogram --color --plain --sched-warn 700 --bio-crit 20000',
    text,
  ) as LiveOptions;
  t.like(line, {intervalS: 1, probes: ['sched'], quiet: false, histogram: true, face: 'plain', noColor: false});
  t.like(line.thresholds, {sched_warn_us: 700, sched_crit_us: 7000, block_crit_us: 20_000});
  t.is((options('--no-json', text) as LiveOptions).face, 'auto');
  t.like((options('--sched-crit 5000', text) as LiveOptions).thresholds, {sched_warn_us: 500, sched_crit_us: 5000});
});

test('of two ways to name a cgroup the one on the command line counts', (t) => {
  const line = options('--container web', 'cgroup = "/a"') as LiveOptions;
  t.deepEqual([line.container, line.filter], ['web', undefined]);
  const other = options('--cgroup /b', 'container = "web"') as LiveOptions;
  t.deepEqual([other.container, other.filter], [undefined, {cgroup: '/b'}]);
  t.throws(() => options('', 'container = "web"\ncgroup = "/a"'), {message: /only one of them/});
});

test('a key without a meaning for the command is left alone', (t) => {
  t.is((options('', 'max-size = "1M"\nmax-files = 3') as LiveOptions).command, 'live');
  t.like(options('record x', 'max-size = "1M"\nmax-files = 3\njson = true'), {maxSizeBytes: 2 ** 20, maxFiles: 3});
  t.is((options('record -', 'max-size = "1M"\nmax-files = 3') as RecordOptions).maxSizeBytes, undefined);
  t.is(options('replay x', 'sched-warn = 5\nquiet = true').command, 'replay');
});

test('where a config file is looked for', (t) => {
  const who = () => ({uid: 1000, home: '/home/u'});
  const paths = (named: string | undefined, env: NodeJS.ProcessEnv) => places(named, env, who).map(({path}) => path);
  t.deepEqual(paths('./x.toml', {KSTOP_CONFIG: '/y', XDG_CONFIG_HOME: '/z'}), ['./x.toml']);
  t.deepEqual(paths(undefined, {KSTOP_CONFIG: '/y', XDG_CONFIG_HOME: '/z'}), ['/y']);
  t.deepEqual(paths(undefined, {KSTOP_CONFIG: '', XDG_CONFIG_HOME: '/z'}), [
    '/z/kstop/config.toml',
    '/etc/kstop/config.toml',
  ]);
  t.deepEqual(paths(undefined, {XDG_CONFIG_HOME: 'relative'}), [
    '/home/u/.config/kstop/config.toml',
    '/etc/kstop/config.toml',
  ]);
  t.deepEqual(
    places(undefined, {}, () => ({uid: 5})).map(({path}) => path),
    ['/etc/kstop/config.toml'],
  );
});

test('behind sudo the user counts who called it, not root', (t) => {
  const home = readFileSync('/etc/passwd', 'utf8').match(/^[^:]*:[^:]*:1:[^:]*:[^:]*:([^:]*):/m)?.[1];
  t.deepEqual(invoker({SUDO_UID: '1', HOME: '/root'}, 0), {uid: 1, home});
  t.deepEqual(invoker({HOME: '/root'}, 0), {uid: 0, home: '/root'});
  t.deepEqual(invoker({SUDO_UID: '-1', HOME: '/root'}, 0), {uid: 0, home: '/root'});
  t.deepEqual(invoker({SUDO_UID: '0', HOME: '/home/me'}, 1000), {uid: 1000, home: '/home/me'}, 'only root is believed');
  t.is(invoker({SUDO_UID: '4294900000'}, 0).home, undefined);
});
