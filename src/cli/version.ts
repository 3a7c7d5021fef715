import manifest from '../../package.json' with {type: 'json'};

/** The version of this kstop, as `--version` and every header give it. */
export const VERSION: string = manifest.version;
