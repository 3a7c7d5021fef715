import {fileURLToPath} from 'node:url';
import test from 'ava';
import {paintTimeBar, playTime} from '../../src/tui/panes/time-bar.ts';
import {Store} from '../../src/tui/state/store.ts';
import {makeTheme} from '../../src/tui/theme.ts';
import type {Playback, PlaybackControls} from '../../src/types/frame.ts';
import {filled, unstyled} from './state.ts';
import {withPty} from './with-pty.ts';

const recording = fileURLToPath(new URL('../fixtures/trouble.ndjson.gz', import.meta.url));

/** A time bar at some point of a playback, 40 cells wide. */
async function bar(playback: Partial<Playback>, utf8 = true): Promise<string> {
  const {store} = await filled({replay: true});
  const state = {playing: true, speed: 1, position_ms: 0, ended: false, ...playback};
  const source = {...store.source, playback: {...store.source.playback, state: () => state} as PlaybackControls};
  const [line = ''] = paintTimeBar(new Store(source as never, store.state, makeTheme('mono', utf8)), 40);
  return unstyled(line);
}

test('the time bar: position, length, and what happened where', async (t) => {
  const worst = new Array(600).fill(undefined);
  worst[300] = 'warning';
  worst[599] = 'critical';
  const marks = {stretch_ms: 100, worst};
  t.is(await bar({position_ms: 15_000, duration_ms: 60_000}), ' ▶ 00:15 ━━━━━━┃───────────────── 01:00 ');
  t.is(await bar({position_ms: 15_000, duration_ms: 60_000, marks}), ' ▶ 00:15 ━━━━━━┃─────▲──────────✖ 01:00 ');
  t.is(await bar({position_ms: 60_000, duration_ms: 60_000, ended: true}), ' 01:00 ━━━━━━━━━━━━━━━━━━━━━━━━━┃ 01:00 ');
  t.is(await bar({position_ms: 0, duration_ms: 60_000, playing: false}), ' ‖ 00:00 ┃─────────────────────── 01:00 ');
  t.is(await bar({position_ms: 5000}), ' ▶ 00:05 ━━━━━━━━━━━━━━━━━━━━━━━━━━━┃ ? ');
  t.regex(await bar({position_ms: 15_000, duration_ms: 60_000, marks}, false), /^ > 00:15 =+\|-+!-+X 01:00 $/);
});

test('times of long recordings have hours', (t) => {
  t.is(playTime(3_600_000 + 65_000), '1:01:05');
  t.is(playTime(59_999), '00:59');
});

for (const [columns, rows] of [
  [80, 24],
  [120, 40],
  [200, 60],
] as const) {
  test.serial(
    `${columns}x${rows}: right and left go through a recording, the bar and the figures with them`,
    async (t) => {
      await withPty({columns, rows, options: {recording}}, async (pty) => {
        await pty.shows(/^ ▶ 00:0\d .*[▲✖].* 00:2\d ?$/m);
        t.is(
          pty.lines.findIndex((line) => /^ ▶ 00:0/.test(line)),
          rows - 2,
        );
        pty.send(' ');
        await pty.shows(/^ ‖ 00:0\d /m);
        pty.send('\x1b[C\x1b[C');
        await pty.shows(/^ ‖ 00:2\d /m);
        await pty.shows(/memory: OOM kill|network: |block: /);
        const [, later] = /Events ([\d,]+)/.exec(pty.text) ?? [];
        pty.send('\x1b[D');
        await pty.shows(/^ ‖ 00:1\d /m);
        await pty.until((text) => !text.includes(`Events ${later}`), 'fewer events');
        pty.send('\x1b[D\x1b[D');
        await pty.shows(/^ ‖ 00:00 /m);
        pty.send('>>>>>>>>> ');
        await pty.shows('REPLAY ended');
        pty.send('\x1b[C');
        await pty.shows('this is the end of the recording');
        pty.send('\x1b[D');
        await pty.shows(/^ ‖ 00:1\d /m);
        pty.send('q');
        await pty.end();
        t.true(pty.text.includes('ended {"kind":"quit"}'));
      });
    },
  );
}
