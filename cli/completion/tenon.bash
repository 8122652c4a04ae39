# Completion of tenon for bash. Commands, options and their choices come from `tenon help`, so it knows what the program
# knows.

_tenon_commands() { "$1" help 2>/dev/null | sed -n 's/^  tenon \([a-z]*\) .*/\1/p'; }

# A config: what ends in .json, and folders on the way there.
_tenon_configs() {
  compgen -f -X '!*.json' -- "$1"
  compgen -d -- "$1"
}

# How many operands stand before the word being typed; `$1` are the options that take a value. 99: an option's value is
# being typed.
_tenon_operands() {
  local count=0 only_operands= i word
  for ((i = 2; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $only_operands || $word == - || $word != -* ]]; then
      ((count++))
    elif [[ $word == -- ]]; then
      only_operands=yes
    elif [[ ${COMP_WORDS[i + 1]} == = ]]; then
      ((i += 2))
    elif [[ " $1 " == *" $word "* ]]; then
      ((i++))
    fi
  done
  if ((i > COMP_CWORD)); then echo 99; else echo "$count"; fi
}

# What the option before the word being typed may be; `$1` is the command's help.
_tenon_choices() {
  local option=${COMP_WORDS[COMP_CWORD - 1]}
  [[ $option == = ]] && option=${COMP_WORDS[COMP_CWORD - 2]}
  sed -n "s/^  $option \([a-z|]*\) .*/\1/p" <<<"$1" | tr '|' ' '
}

_tenon() {
  local program=$1 word=$2 command=${COMP_WORDS[1]} help valued count operands
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "$(_tenon_commands "$program") --help --version" -- "$word")
    return
  fi
  help=$("$program" help "$command" 2>/dev/null) || return
  valued=$(sed -n 's/^  \(--[a-z-]*\) [^ ].*/\1/p' <<<"$help" | tr '\n' ' ')
  count=$(_tenon_operands "$valued")
  if ((count == 99)) || [[ $word == = || ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
    [[ $word == = ]] && ((COMP_CWORD++)) && word=
    mapfile -t COMPREPLY < <(compgen -W "$(_tenon_choices "$help")" -- "$word")
    return
  fi
  if [[ $word == -* && $word != - ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(sed -n 's/^  \(--[a-z-]*\) .*/\1/p' <<<"$help")" -- "$word")
    return
  fi
  read -r -a operands <<<"$(head -n 1 <<<"$help")"
  compopt -o filenames 2>/dev/null
  case ${operands[count + 2]} in
    *CONFIG | \[CONFIG\]) mapfile -t COMPREPLY < <(_tenon_configs "$word") ;;
    COMMAND | \[COMMAND\]) mapfile -t COMPREPLY < <(compgen -W "$(_tenon_commands "$program")" -- "$word") ;;
    FILE | \[FILE\]) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    DIR) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
  esac
}

complete -F _tenon tenon
