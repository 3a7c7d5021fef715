import {atLeast, type Version} from '../version.ts';
import {type Code, code, name} from './code.ts';

/**
 * A field of a tracepoint. `args` was a pointer until 0.18 and is a structure since 0.19, which still takes the arrow, as something
 * that is to go; 0.20 is the first where nobody met an `args.` that failed.
 */
export function argsField(version: Version, field: string): Code {
  return atLeast(version, 0, 20) ? code`args.${name(field)}` : code`args->${name(field)}`;
}
