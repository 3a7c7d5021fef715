import type {Flag} from '../flags.ts';
import {argumentOf, byValue, flagsOf, NAMED, spellings, type Value} from './table.ts';

function action(value: Value): string {
  switch (value.kind) {
    case 'file':
      return 'compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur")';
    case 'folder':
      return 'compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur")';
    case 'one':
      return `mapfile -t COMPREPLY < <(compgen -W '${value.words.join(' ')}' -- "$cur")`;
    case 'list':
      return [
        `compopt -o nospace 2>/dev/null; head=; [[ $cur != *,* ]] || head=\${cur%,*},`,
        `mapfile -t COMPREPLY < <(compgen -P "$head" -W '${value.words.join(' ')}' -- "\${cur##*,}")`,
      ].join('; ');
    default:
      return ':';
  }
}

const patterns = (flags: readonly Flag[]): string => flags.flatMap(spellings).join('|');

/** The script for bash 4 or newer; no helper of the bash-completion package is needed. */
export function bash(): string {
  const valued = byValue(['file', 'folder', 'one', 'list', 'free']);
  return `# kstop: tab completion for bash. Try it: source <(kstop completions bash)
# Keep it: kstop completions bash >~/.local/share/bash-completion/completions/kstop
_kstop() {
	local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} command=live argument= head i
	COMPREPLY=()
	# Bash splits --flag=value at the sign.
	if [[ $cur == '=' ]]; then
		cur=
	elif [[ $prev == '=' ]]; then
		prev=\${COMP_WORDS[COMP_CWORD - 2]}
	fi
	for ((i = 1; i < COMP_CWORD; i++)); do
		case \${COMP_WORDS[i]} in
		${patterns(valued.flatMap(({flags}) => flags))}) [[ \${COMP_WORDS[++i]} != '=' ]] || ((i++)) ;;
		-*) ;;
		${NAMED.join('|')})
			if [[ $command == live ]]; then command=\${COMP_WORDS[i]}; else argument=yes; fi
			;;
		*) argument=yes ;;
		esac
	done
	case $prev in
${valued.map(({value, flags}) => `\t${patterns(flags)})\n\t\t${action(value)}\n\t\treturn\n\t\t;;`).join('\n')}
	esac
	if [[ $cur == -* ]]; then
		case $command in
${(['live', ...NAMED] as const).map((name) => `\t\t${name}) mapfile -t COMPREPLY < <(compgen -W '${flagsOf(name).flatMap(spellings).join(' ')}' -- "$cur") ;;`).join('\n')}
		esac
		return
	fi
	[[ -z $argument ]] || return
	case $command in
	live) mapfile -t COMPREPLY < <(compgen -W '${NAMED.join(' ')}' -- "$cur") ;;
${NAMED.map((name) => `\t${name}) ${action(argumentOf(name))} ;;`).join('\n')}
	esac
}
complete -F _kstop kstop
`;
}
