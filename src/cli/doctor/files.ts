import {readdirSync, readFileSync, readlinkSync, statfsSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';

/** A file's text without the newline at its end; undefined when it can't be read. */
export function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1').trimEnd();
  } catch {
    return undefined;
  }
}

export function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Errno's name of an attempt; undefined when it went well. */
export function errnoOf(attempt: () => void): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'EIO';
  }
}

export function namesIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch {
    return undefined;
  }
}

/** f_type of what is visible at a path (include/uapi/linux/magic.h); undefined where there is nothing. */
export function fileSystemAt(path: string): number | undefined {
  try {
    return statfsSync(path).type;
  } catch {
    return undefined;
  }
}

/** Options of the running kernel's build: `CONFIG_BPF` -> `y`; `n` for "is not set". */
export type KernelConfig = ReadonlyMap<string, string>;

export function parseKernelConfig(config: string): KernelConfig {
  const options = new Map<string, string>();
  for (const [, set, value, unset] of config.matchAll(/^(?:(CONFIG_\w+)=(.*)|# (CONFIG_\w+) is not set)$/gm)) {
    if (set) options.set(set, value?.replace(/^"(.*)"$/, '$1') ?? '');
    else if (unset) options.set(unset, 'n');
  }
  return options;
}

/** Where distributions keep it: in the kernel itself, in /boot, beside the modules. Undefined: nowhere to be read. */
export function kernelConfig(release: string): KernelConfig | undefined {
  try {
    return parseKernelConfig(gunzipSync(readFileSync('/proc/config.gz')).toString('latin1'));
  } catch {}
  for (const path of [`/boot/config-${release}`, `/lib/modules/${release}/config`]) {
    const config = text(path);
    if (config) return parseKernelConfig(config);
  }
  return undefined;
}
