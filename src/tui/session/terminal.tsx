import {setTimeout as delay} from 'node:timers/promises';
import type {ReadStream} from 'node:tty';
import {render, useApp} from 'ink';
import {type ReactNode, useLayoutEffect} from 'react';
import {App} from '../app.tsx';
import {KeyStream} from '../keys/stdin.ts';
import {ScreenContext} from '../screen/canvas.tsx';
import type {Screen} from '../screen/screen.ts';
import type {Hands} from '../state/actions.ts';
import {pointed} from '../state/mouse.ts';
import type {Store} from '../state/store.ts';
import {asError, type ExitReason} from './exit.ts';
import type {Keeper} from './keeper.ts';

/** The terminal while the screen has it. */
export interface OpenTerminal {
  /** Gives the terminal to the shell and stops the process group, as Ctrl-Z does elsewhere; returns with `fg`. */
  suspend(): void;
  /** Takes the terminal's modes anew, after a stop that nobody announced. */
  resumed(): void;
  /** Restores the terminal. Idempotent. */
  close(): void;
}

type Suspend = ReturnType<typeof useApp>['suspendTerminal'];

interface RootProps {
  /** The one writer. */
  screen: Screen;
  /** What the screen shows. */
  store: Store;
  /** What commands reach beyond the view. */
  hands: Hands;
  /** Is handed Ink's way of giving the terminal away. */
  onReady: (suspend: Suspend) => void;
}

function Root({screen, store, hands, onReady}: RootProps): ReactNode {
  const {suspendTerminal} = useApp();
  useLayoutEffect(() => onReady(suspendTerminal), [suspendTerminal, onReady]);
  return (
    <ScreenContext value={screen}>
      <App store={store} hands={hands} />
    </ScreenContext>
  );
}

/** Opens the alternate screen and hands keys and resizes to the views. */
export function openTerminal(
  stdin: ReadStream,
  screen: Screen,
  store: Store,
  keeper: Keeper,
  leave: (reason: ExitReason) => void,
): OpenTerminal {
  let giveAway: Suspend | undefined;
  let away = false;
  let closed = false;
  const suspend = (): void => {
    if (away || closed || !giveAway) return;
    away = true;
    void giveAway(stopUntilContinued).finally(() => {
      away = false;
      screen.reset();
    });
  };
  const hands: Hands = {
    quit: () => leave({kind: 'quit'}),
    suspend,
    redraw: () => screen.reset(),
    export: () => void keeper.export(),
    record: () => void keeper.record(),
  };
  const root = <Root screen={screen} store={store} hands={hands} onReady={(ready) => (giveAway = ready)} />;
  const ink = render(root, {
    stdout: screen as unknown as NodeJS.WriteStream,
    stdin: new KeyStream(stdin, (report) => pointed(store, report)) as unknown as NodeJS.ReadStream,
    debug: true,
    interactive: true,
    alternateScreen: true,
    patchConsole: false,
    exitOnCtrlC: false,
  });
  ink.waitUntilExit().catch((error: unknown) => leave({kind: 'error', error: asError(error)}));
  return {
    suspend,
    resumed: () => {
      if (away || closed) return;
      if (stdin.isRaw) stdin.setRawMode(false).setRawMode(true);
      screen.reopen();
    },
    close: () => {
      if (closed) return;
      closed = true;
      ink.unmount();
      screen.close();
      if (stdin.isTTY && stdin.isRaw) stdin.setRawMode(false);
      stdin.pause();
    },
  };
}

/** Stops the whole group, so that a pipeline stops as one. In a group nobody can stop, it goes on by itself. */
async function stopUntilContinued(): Promise<void> {
  const ours = process.listeners('SIGTSTP');
  process.removeAllListeners('SIGTSTP');
  process.kill(0, 'SIGTSTP');
  await delay(50);
  for (const listener of ours) process.on('SIGTSTP', listener);
}
