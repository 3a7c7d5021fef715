import {COMMANDS, type Flag} from '../flags.ts';
import {argumentOf, flagsOf, NAMED, type Value, valueAfter} from './table.ts';

/** Text within single quotes, and with what _arguments and _describe take for themselves escaped. */
const quoted = (text: string): string => text.replace(/[:[\]\\]/g, '\\$&').replaceAll("'", "'\\''");

function action(value: Value, name: string): string {
  switch (value.kind) {
    case 'none':
      return '';
    case 'file':
      return `:${name}:_files`;
    case 'folder':
      return `:${name}:_files -/`;
    case 'one':
      return `:${name}:(${value.words.join(' ')})`;
    case 'list':
      return `:${name}:_sequence -n 99 compadd - ${value.words.join(' ')}`;
    case 'free':
      return `:${name}: `;
  }
}

/** One specification of _arguments: both spellings, each once, with the help and what follows. */
function spec(flag: Flag): string {
  const {name, short, help} = flag;
  const value = valueAfter(flag);
  const tail = `[${quoted(help)}]${action(value, flag.value ?? '')}`;
  const long = `--${name}${value.kind === 'none' ? '' : '='}`;
  if (!short) return `'${long}${tail}'`;
  return `'(-${short} --${name})'{-${short}${value.kind === 'none' ? '' : '+'},${long}}'${tail}'`;
}

const lines = (command: (typeof NAMED)[number] | 'live'): string =>
  flagsOf(command)
    .map((flag) => `\t\t\t${spec(flag)}`)
    .join(' \\\n');

/** The script for zsh: a function that compinit finds by its first line. */
export function zsh(): string {
  const commands = NAMED.map((name) => `'${name}:${quoted(COMMANDS[name].help)}'`).join(' ');
  const cases = NAMED.map((name) => {
    const argument = action(argumentOf(name), name);
    return `\t${name})\n\t\t_arguments -s -S \\\n${lines(name)}${argument ? ` \\\n\t\t\t'1${argument}'` : ''}\n\t\t;;`;
  }).join('\n');
  return `#compdef kstop
# kstop: tab completion for zsh. Keep it as _kstop in a folder of $fpath; or: source <(kstop completions zsh)
_kstop() {
	local command=live context state state_descr line
	local -i i
	typeset -A opt_args
	for ((i = 2; i < CURRENT; i++)); do
		case $words[i] in
		${NAMED.join('|')})
			command=$words[i]
			words=(kstop $words[i+1,-1])
			((CURRENT -= i - 1))
			break
			;;
		esac
	done
	case $command in
${cases}
	*)
		_arguments -s -S \\
${lines('live')} \\
			'1: :->command'
		if [[ $state == command ]]; then
			local -a commands=(${commands})
			_describe command commands
		fi
		;;
	esac
}
if [[ $funcstack[1] == _kstop ]]; then
	_kstop "$@"
else
	compdef _kstop kstop
fi
`;
}
