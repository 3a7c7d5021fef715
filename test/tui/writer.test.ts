import {EventEmitter} from 'node:events';
import test from 'ava';
import {baseSegment, place, rowUpdate} from '../../src/tui/screen/compose.ts';
import {Screen} from '../../src/tui/screen/screen.ts';

class FakeTerminal extends EventEmitter {
  columns = 10;
  rows = 3;
  writableNeedDrain = false;
  out: string[] = [];
  write(text: string): boolean {
    this.out.push(text);
    return true;
  }
}

function opened() {
  const terminal = new FakeTerminal();
  const screen = new Screen(terminal);
  screen.write('\x1b[?1049h');
  screen.flush();
  terminal.out = [];
  return {terminal, screen};
}

const at = (y: number, lines: () => string[]) => ({rect: () => ({x: 0, y, width: 10, height: 1}), paint: lines});

test('a dialog covers what is below it, cell by cell', (t) => {
  const row = place([baseSegment('0123456789', 10)], {x: 3, width: 4, text: 'abcd'});
  t.deepEqual(row, [
    {x: 0, width: 3, text: '012'},
    {x: 3, width: 4, text: 'abcd'},
    {x: 7, width: 3, text: '789'},
  ]);
  t.is(rowUpdate(4, row, row), '');
  const changed = place(row, {x: 3, width: 4, text: 'ABCD'});
  t.is(rowUpdate(4, row, changed), '\x1b[5;4HABCD\x1b[m');
  t.is(baseSegment('a', 3).text, 'a  ');
  t.is(baseSegment('abcdef', 3).text, 'abc');
});

test('only rows that changed are written, as one synchronised update', (t) => {
  const {terminal, screen} = opened();
  let text = 'one       ';
  screen.add(at(0, () => [text]));
  screen.add(at(1, () => ['constant  ']));
  screen.flush();
  t.is(terminal.out.length, 1);
  t.regex(terminal.out[0]!, /^\x1b\[\?2026h.*one.*constant.*\x1b\[\?2026l$/);
  screen.flush();
  t.is(terminal.out.length, 1);
  text = 'two       ';
  screen.flush();
  t.false(terminal.out[1]!.includes('constant'));
  t.false(terminal.out.some((written) => written.includes('\x1b[2J')));
});

test('urgent data is painted before other data that waits for its turn', async (t) => {
  const paintedAfter = async (...ticks: boolean[]) => {
    const {terminal, screen} = opened();
    let text = 'one       ';
    screen.add(at(0, () => [text]));
    await new Promise(setImmediate);
    screen.flush();
    text = 'two       ';
    const begun = performance.now();
    const painted = new Promise<number>((done) => {
      terminal.write = () => {
        done(performance.now() - begun);
        return true;
      };
    });
    for (const urgent of ticks) screen.tick(urgent);
    // The screen's own timer keeps no program alive.
    const alive = setInterval(() => {}, 1000);
    const ms = await painted;
    clearInterval(alive);
    return ms;
  };
  const [plain, urgent] = [await paintedAfter(false), await paintedAfter(false, true, false)];
  t.log(`${plain} and ${urgent} ms`);
  t.true(plain > 150 && urgent > 25);
  t.true(urgent < plain);
});

test('a terminal that cannot keep up gets no more until it has', (t) => {
  const {terminal, screen} = opened();
  terminal.writableNeedDrain = true;
  screen.add(at(0, () => ['text      ']));
  screen.flush();
  t.is(terminal.out.length, 0);
  terminal.writableNeedDrain = false;
  terminal.emit('drain');
  screen.flush();
  t.is(terminal.out.length, 1);
});

test('what a painter throws is told, not thrown', (t) => {
  const {screen} = opened();
  const errors: unknown[] = [];
  screen.onError = (error) => errors.push(error);
  screen.add(
    at(0, () => {
      throw new Error('paint');
    }),
  );
  screen.flush();
  t.is((errors[0] as Error).message, 'paint');
});

test('closing restores the terminal, once', (t) => {
  const {terminal, screen} = opened();
  screen.close();
  screen.close();
  t.is(terminal.out.length, 1);
  for (const mode of ['?1049l', '?25h', '?2004l', '?7h']) t.true(terminal.out[0]!.includes(mode));
  screen.flush();
  t.is(terminal.out.length, 1);
});
