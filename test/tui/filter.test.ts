import test from 'ava';
import fc from 'fast-check';
import {FilterBox} from '../../src/tui/filter/box.ts';
import type {FilterSubject} from '../../src/tui/filter/filter.ts';
import {compileGlob} from '../../src/tui/filter/glob.ts';
import {parseFilter} from '../../src/tui/filter/parse.ts';
import {compileRegex} from '../../src/tui/filter/regex.ts';
import {eventSubject} from '../../src/tui/filter/subject.ts';
import {TERMS} from '../../src/tui/filter/terms.ts';
import {paintBottomLine} from '../../src/tui/panes/bottom-line.ts';
import {paintEvents} from '../../src/tui/panes/events.ts';
import {EventWindow} from '../../src/tui/state/event-window.ts';
import {helpLines} from '../../src/tui/views/help.tsx';
import {slowFile} from '../util/synthetic.ts';
import {filled, unstyled} from './state.ts';

const NGINX: FilterSubject = {
  comm: 'nginx',
  pid: 42,
  cpu: 3,
  type: 'VFS_SLOW',
  severity: 'warning',
  container: {id: '0123456789abcdef', name: 'web', pod: 'web-7'},
  text: 'VFS_SLOW nginx latency=12ms path="/srv/two words"',
};

/** Whether a filter shows the row above; what is wrong with it when it can't be read. */
function judged(text: string, subject = NGINX): boolean | string | undefined {
  const parsed = parseFilter(text);
  return 'problem' in parsed ? parsed.problem : parsed.filter?.matches(subject);
}

test('each key, globs, several values, negation, words and quotes', (t) => {
  const shown = [
    'comm:nginx',
    'comm:NG*x',
    'comm:?ginx',
    'comm:java,nginx',
    'comm:"nginx"',
    'cpu:3',
    'cpu:0-3',
    'cpu:7,2-4',
    'pid:42',
    'pid:1,42',
    'type:VFS*',
    'type:vfs_slow',
    'severity:warning',
    'severity:critical,warning',
    'container:web',
    'container:web-*',
    'container:0123456789ab',
    'container:0123456789abcdef',
    '!comm:java',
    '!pid:7',
    '/lat.*12ms/',
    '/NGINX/i',
    '/a\\/b|srv\\/two/',
    '/[/]srv/',
    'latency',
    'LATENCY=12',
    '"two words"',
    '  comm:nginx   cpu:3  !/java/ ',
    'COMM:nginx',
  ];
  for (const text of shown) t.is(judged(text), true, text);
  const hidden = ['comm:ngin', 'comm:*x*y', 'cpu:4-9', 'pid:4', 'type:BIO*', '!container:web', '/NGINX/', 'two three'];
  for (const text of [...hidden, '"two  words"', 'comm:nginx pid:7', '!nginx']) t.is(judged(text), false, text);
  t.is(judged(''), undefined);
  t.is(judged('   '), undefined);
});

test('a container is also known by its cgroup', (t) => {
  const cgroup = '/system.slice/nginx.service';
  for (const text of ['container:nginx.service', 'container:/system.slice/*', 'container:*nginx*'])
    t.is(judged(text, {cgroup}), true, text);
  t.is(judged('container:system.slice', {cgroup}), false);
  t.is(judged('container:nginx.service', eventSubject({...slowFile(1, 12_000), cgroup})), true);
});

test('what is unknown of a row matches nothing, and so its opposite', (t) => {
  for (const term of ['comm:*', 'cpu:0', 'pid:0', 'type:*', 'severity:info', 'container:*']) {
    t.is(judged(term, {text: 'x'}), false, term);
    t.is(judged(`!${term}`, {text: 'x'}), true, term);
  }
  t.is(judged('nginx', {comm: 'nginx'}), true, 'a row without a text is looked for in its names');
});

test('what cannot be read is told in words', (t) => {
  const problems: [text: string, says: RegExp][] = [
    ['comm:', /comm: what\?/],
    ['comm:a,', /comm: what\?/],
    ['comm:""', /comm: what\?/],
    ['pid:x', /pid: a number, not x/],
    ['pid:-1', /pid: a number/],
    ['cpu:3-1', /the wrong way round/],
    ['cpu:1.5', /cpu: a number/],
    ['severity:bad', /info, warning, critical/],
    ['colour:red', /no colour: but comm, cpu/],
    ['constructor:x', /no constructor:/],
    ['"two', /a " is missing/],
    ['comm:"two', /a " is missing/],
    ['!', /! of what/],
    ['! comm:x', /! of what/],
    ['/x', /closing \//],
    ['//', /empty/],
    ['/(/', /\( without its \)/],
    ['/)/', /\) without its \(/],
    ['/[a/', /closing/],
    ['/*/', /nothing before \*/],
    ['/a**/', /nothing before \*/],
    ['/a{3,1}/', /wrong way round/],
    ['/(?=x)/', /not understood/],
    ['/(?<!x)/', /not understood/],
    ['/(a)\\1/', /\\1 is not understood/],
    ['/[z-a]/', /no range/],
    ['/((a{999}){999}){999}/', /too large/],
    ['/((){999}){999}/', /too large/],
    ['comm:a"b"', /a space is missing/],
    ['x'.repeat(201), /more than 200/],
  ];
  for (const [text, says] of problems) {
    const is = judged(text);
    t.is(typeof is, 'string', text);
    t.regex(String(is), says, text);
  }
});

test('whatever is typed: a filter or words, never an exception', (t) => {
  const character = fc.constantFrom(...'comm:pid/()[]{}*+?\\|^$!",-0123abAB. \u0000\u00e9\ud800');
  fc.assert(
    fc.property(fc.array(character, {maxLength: 40}), (chars) => {
      const parsed = parseFilter(chars.join(''));
      if ('problem' in parsed) t.true(parsed.problem.length > 0);
      else parsed.filter?.matches(NGINX);
    }),
    {numRuns: 2000},
  );
  t.pass();
});

test('regular expressions find what JavaScript finds', (t) => {
  const {tree} = fc.letrec<{tree: string}>((tie) => ({
    tree: fc.oneof(
      {maxDepth: 4},
      fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '[a-b]', '\\w', '\\W', '\\d', '^', '$', '', '\\.'),
      fc.tuple(tie('tree'), tie('tree')).map((parts) => parts.join('')),
      fc.tuple(tie('tree'), tie('tree')).map((parts) => `(?:${parts.join('|')})`),
      fc
        .tuple(tie('tree'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '{0,}', '*?'))
        .map(([part, times]) => `(${part})${times}`),
    ),
  }));
  const text = fc.array(fc.constantFrom('a', 'b', 'c', 'A', '.', '1'), {maxLength: 8}).map((all) => all.join(''));
  fc.assert(
    fc.property(tree, fc.boolean(), fc.array(text, {maxLength: 4}), (source, ignoreCase, texts) => {
      const expected = new RegExp(source, ignoreCase ? 'is' : 's');
      const search = compileRegex(source, ignoreCase);
      for (const each of texts) t.is(search(each), expected.test(each), `/${source}/ on ${each}`);
    }),
    {numRuns: 500},
  );
});

test('expressions that would take JavaScript for ever take their length', (t) => {
  const text = 'a'.repeat(20_000);
  const before = performance.now();
  for (const source of ['(a*)*b', '(a|aa)+$x', '(a|a)*c', '(.*)*x', '.*.*.*.*=', '(a?){50}a{50}b', '(x+x+)+y']) {
    t.false(compileRegex(source)(text), source);
  }
  t.true(performance.now() - before < 5000);
});

test('each example of the help screen is understood', (t) => {
  for (const [example] of TERMS) t.truthy((parseFilter(example) as {filter?: unknown}).filter, example);
  const help = helpLines(true);
  t.true(help.some(({text}) => text?.includes('several terms must all hold')));
  t.false(
    help.some(({text}) => text?.includes('the subsystem to the left')),
    'arrows seek in a replay',
  );
  t.true(helpLines(false).some(({text}) => text?.includes('the subsystem to the left')));
});

test('globs', (t) => {
  const cases: [string, string, boolean][] = [
    ['*', '', true],
    ['', '', true],
    ['a*b*c', 'axxbyyc', true],
    ['a*b*c', 'axxbyy', false],
    ['*ab', 'aab', true],
    ['??', 'a', false],
    ['kworker/*', 'kworker/u8:3', true],
    ['a.c', 'abc', false],
    [`${'*a'.repeat(50)}b`, 'a'.repeat(500), false],
  ];
  for (const [glob, text, is] of cases) t.is(compileGlob(glob)(text), is, glob);
});

test('while typing the last good filter stays; Esc brings back the one before, Ctrl-U and an empty one show all', (t) => {
  const box = new FilterBox();
  const type = (text: string) => {
    for (const char of text) box.key(char === ' ' ? 'space' : char);
  };
  box.open();
  type('pid:4');
  const good = box.active;
  t.is(good?.text, 'pid:4');
  type('x');
  t.regex(box.problem ?? '', /a number/);
  t.is(box.active, good);
  t.false(box.submit());
  box.key('backspace');
  t.is(box.problem, undefined);
  t.true(box.submit());
  box.open();
  t.is(box.typed, 'pid:4');
  box.key('ctrl+u');
  t.is(box.active, undefined);
  box.paste('comm:a\n\x1b[2J');
  t.is(box.active?.text, 'comm:a \\x1b[2J');
  box.cancel();
  t.is(box.active?.text, 'pid:4');
  box.key('f1');
  box.key('tab');
  t.is(box.typed, 'comm:a \\x1b[2J');
});

test('the text of an event is what its line shows', (t) => {
  const subject = eventSubject(slowFile(1, 12_000));
  t.is(judged('"path=/srv/data/big"', subject), true);
  t.is(judged('/op=(read|write) .*ext4/', subject), true);
  t.is(judged('type:VFS* severity:warning', subject), true);
});

test('the event pane shows what matches, says how many it hides, and keeps the selection', async (t) => {
  const {store, more} = await filled({rate: 20, intervalMs: 1000}, 1);
  const type = (text: string) =>
    store.refilter(() => {
      store.filter.open();
      store.filter.key('ctrl+u');
      store.filter.paste(text);
    });
  const lines = () => {
    store.focus = 'events';
    return paintEvents(store, 120, 40).map(unstyled);
  };
  const all = lines().filter((line) => /SCHED|BIO|OOM|TCP/.test(line)).length;
  t.is(all, 20);
  store.scroll = {...store.scroll, cursor: store.range.first + 4};
  const selected = lines()
    .find((line) => line.includes('▶ '))
    ?.slice(20);
  type('type:BIO*');
  const block = lines();
  t.true(block.filter((line) => /^│[▶ ]▲.*BIO/.test(line)).length > 2);
  t.false(block.some((line) => /SCHED|OOM|TCP/.test(line)));
  const shown = store.range.last - store.range.first + 1;
  t.regex(block[0]!, new RegExp(`Events ${shown} .*${20 - shown} hidden by the filter`));
  t.truthy(selected);
  type('type:BIO* cpu:99');
  t.regex(lines()[2]!, /no event matches the filter/);
  type('');
  t.is(lines().filter((line) => /SCHED|BIO|OOM|TCP/.test(line)).length, 20);
  type('pid:1003');
  await more(1);
  t.is(store.range.last - store.range.first + 1, 1);
  store.clear();
  t.is(store.range.last < store.range.first, true);
});

test('a filtered selection stays on its event while others come and go', async (t) => {
  const {store, more} = await filled({rate: 20_000}, 3);
  store.refilter(() => store.filter.paste('type:TCP*'));
  const {last} = store.range;
  store.scroll = {...store.scroll, cursor: last};
  const event = store.event(last);
  t.is(event?.type, 'TCP_RETRANSMIT');
  await more(2);
  t.true(store.range.last > last);
  t.is(store.event(last), event);
  store.refilter(() => store.filter.cancel());
  t.is(store.event(store.scroll.cursor!), event);
});

test('a filter over a full buffer fills the view from the newest backwards, a bounded part at a time', async (t) => {
  const {store} = await filled({rate: 5000, intervalMs: 1000}, 3);
  const {events, eventSeq} = store.state;
  t.is(events.length, 10_000);
  let asked = 0;
  const window = new EventWindow();
  const matches = ({type}: FilterSubject) => {
    asked++;
    return type === 'TCP_RETRANSMIT';
  };
  window.use({text: 'x', matches});
  const found: (typeof events)[number][][] = [];
  do {
    const before = asked;
    window.sync(store.state, 0);
    t.true(asked > before && asked - before <= 1000);
    const {first, last} = window.range;
    t.true(first >= 0);
    found.push(Array.from({length: last - first + 1}, (_, i) => window.at(first + i)!));
    t.is(window.hidden, asked - found.at(-1)!.length, 'what was not asked is not said to be hidden');
  } while (window.searching);
  t.is(asked, events.length, 'each once');
  const all = events.filter(({type}) => type === 'TCP_RETRANSMIT');
  t.true(all.length > 100);
  for (const part of found) t.deepEqual(part, all.slice(all.length - part.length));
  t.deepEqual(found.at(-1), all);
  t.is(window.numberOf(eventSeq), undefined);
});

test('a selection far back is found again once the filter has come to it; what is looked for is said', async (t) => {
  const {store} = await filled({rate: 5000, intervalMs: 1000}, 3);
  t.is(store.range.last, store.state.eventSeq - 1);
  const number =
    store.state.eventSeq - 9000 + store.state.events.slice(1000).findIndex((e) => e.type === 'TCP_RETRANSMIT');
  const event = store.event(number);
  t.is(event?.type, 'TCP_RETRANSMIT');
  store.scroll = {...store.scroll, cursor: number};
  let repaints = 0;
  store.onChange = () => repaints++;
  store.refilter(() => store.filter.paste('no_such_word'));
  t.true(store.searching);
  t.true(
    paintEvents(store, 120, 20)
      .map(unstyled)
      .some((line) => line.includes('looking for events')),
  );
  await new Promise(setImmediate);
  t.true(repaints > 0, 'the rest is looked through without another key');
  store.refilter(() => {
    store.filter.key('ctrl+u');
    store.filter.paste('type:TCP*');
  });
  while (store.searching) store.range;
  t.is(store.event(store.scroll.cursor!), event);
});

test('the line in which one types shows the problem beside, and fits', async (t) => {
  const {store} = await filled();
  store.filter.open();
  store.open('filter');
  t.regex(unstyled(paintBottomLine(store, 'filter', 120)[0]!), /^ \/ +comm:nginx .*Enter keeps it {2}Esc leaves it $/);
  store.filter.paste('pid:x');
  t.regex(unstyled(paintBottomLine(store, 'filter', 80)[0]!), /^ \/ pid:x {3}pid: a number, not x/);
  for (const width of [1, 5, 40, 200]) t.is(unstyled(paintBottomLine(store, 'filter', width)[0]!).length, width);
});
