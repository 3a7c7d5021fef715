import {PROBES} from '../../probes/catalog.ts';
import {type Flag, findFlag} from '../flags.ts';
import {EXCLUSIVE} from '../options.ts';
import {typeOf} from '../value-types.ts';
import {KEYS, type Key} from './keys.ts';

type Schema = Record<string, unknown>;

/** A list of probes: an array of names, or a string of them. */
function probeList(): Schema {
  const ids = PROBES.map(({id}) => id);
  const names = ['all', 'default', ...ids, ...ids.map((id) => `-${id}`)];
  const one = ` *(${names.join('|')}) *`;
  const list = {type: 'string', pattern: `^${one}(,${one})*$`};
  return {oneOf: [list, {type: 'array', minItems: 1, items: list}]};
}

function valueSchema(flag: Flag): Schema {
  const type = typeOf(flag);
  if (!type) return {type: 'boolean'};
  if (flag.choices) return {enum: flag.choices};
  if (type.toml === 'list') return probeList();
  const [minimum, maximum] = flag.range ?? [];
  return {...type.schema, ...(minimum !== undefined && {minimum, maximum})};
}

function keySchema({flag, inverted}: Key): Schema {
  const {value, help, default: standard} = flag;
  const what = inverted ? `false: ${help}` : help;
  const only = typeOf(flag)?.place ? '; only in a file that root owns' : '';
  const described = value && standard ? `${what} (default: ${standard})` : what;
  return {description: `${described}${only} [--${flag.name}]`, ...valueSchema(flag)};
}

/** What a flag has to be for others to be excluded: a switch, on; a value, any. */
const isSet = (name: string): Schema => (findFlag(name)?.value ? {} : {const: true});

/** Two spellings of one switch, and flags that exclude each other. */
function conflicts(): Schema[] {
  const twice = KEYS.filter(({inverted}) => inverted).map(({name, flag}) => ({not: {required: [name, flag.name]}}));
  const both = EXCLUSIVE.map((group) => ({
    not: {required: group, properties: Object.fromEntries(group.map((name) => [name, isSet(name)]))},
  }));
  return [...twice, ...both];
}

/** The JSON schema of a config file, from the table of flags; docs/config.schema.json is this, written by the build. */
export function configSchema(): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'kstop config file (TOML)',
    description: 'Every key is the long flag of the same name; what the command line says wins.',
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(KEYS.map((key) => [key.name, keySchema(key)])),
    allOf: conflicts(),
  };
}
