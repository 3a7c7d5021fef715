import {UsageError} from '../errors.ts';
import {COMMANDS, type Command} from '../flags.ts';
import {type Given, type Settings, takesSettings, toOptions} from '../options.ts';
import {textOf} from '../values.ts';
import {invoker, places} from './place.ts';
import {readConfig} from './read.ts';

/** The config file in use. */
export interface Config {
  path: string;
  settings: Settings;
}

/** A command line of nothing but the command. */
function bare(command: Command): Given {
  return {command, positionals: COMMANDS[command].argument ? ['file'] : [], values: new Map(), off: new Set()};
}

/** Settings that can't stand together, each being fine alone: told with the file's name. */
export function checkTogether({path, settings}: Config): void {
  for (const given of (Object.keys(COMMANDS) as Command[]).map(bare).filter(takesSettings)) {
    try {
      toOptions(given, settings);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      const [what, remedy] = [error.what, error.remedy ?? ''].map((text) => text.replace(/--(?!help)/g, ''));
      throw new UsageError(`${path}: ${what}`, error.why, remedy);
    }
  }
}

/**
 * The first config file there is: the one named by --config, by KSTOP_CONFIG, the invoking user's, the system's.
 * @throws {UsageError} the reason why it is refused.
 */
export async function loadConfig(named: string | undefined, env = process.env): Promise<Config | undefined> {
  let who: ReturnType<typeof invoker> | undefined;
  const asked = () => (who ??= invoker(env));
  for (const place of places(named === undefined ? undefined : textOf('--config', named), env, asked)) {
    const text = readConfig(place, asked().uid);
    if (!text) continue;
    const {settingsOf} = await import('./settings.ts');
    const config = {path: place.path, settings: settingsOf(place.path, text)};
    checkTogether(config);
    return config;
  }
  return undefined;
}
