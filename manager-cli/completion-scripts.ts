/**
 * Shell completion. Each script asks the program itself (`--get-yargs-completions` and the words so far),
 * so it is never out of date. SHELL is set because the parser chooses its output format by it.
 */

export type Shell = 'bash' | 'zsh' | 'fish';

export const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];

const BASH = `# Put this into ~/.bashrc:  source <(orderbook-manager completion bash)
_orderbook_manager() {
  # bash splits words at colons; a security contains one.
  local line="\${COMP_LINE:0:COMP_POINT}" words=() current=""
  read -ra words <<< "$line"
  case "$line" in
    *[[:space:]]) words+=("") ;;
    *) current="\${words[\${#words[@]}-1]}" ;;
  esac
  local IFS=$'\\n' previous=""
  (( \${#words[@]} > 1 )) && previous="\${words[\${#words[@]}-2]}"
  COMPREPLY=($(compgen -W "$(SHELL=bash orderbook-manager --get-yargs-completions "\${words[@]}" 2>/dev/null)" -- "$current"))
  case "$previous $line" in
    --out\\ *|--archive\\ *|--authkey-file\\ *|--tls-ca\\ *|--tls-cert\\ *|--tls-key\\ *|*" archive copy "*)
      [ "\${#COMPREPLY[@]}" -eq 0 ] && COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
  case "$current" in
    --*=*) [[ "$COMP_WORDBREAKS" == *=* ]] && COMPREPLY=("\${COMPREPLY[@]#"\${current%%=*}="}") ;;
    *:*) [[ "$COMP_WORDBREAKS" == *:* ]] && COMPREPLY=("\${COMPREPLY[@]#"\${current%:*}:"}") ;;
  esac
}
complete -o filenames -F _orderbook_manager orderbook-manager
`;

const ZSH = `#compdef orderbook-manager
# Put this into ~/.zshrc:  source <(orderbook-manager completion zsh)
_orderbook_manager() {
  local -a choices
  choices=("\${(@f)$(SHELL=zsh orderbook-manager --get-yargs-completions "\${words[@]}" 2>/dev/null)}")
  if (( \${#choices} )) && [[ -n "\${choices[1]}" ]]; then
    _describe 'orderbook-manager' choices
  else
    case "\${words[CURRENT-1]} \${words[2]} \${words[3]}" in
      --(out|archive|authkey-file|tls-ca|tls-cert|tls-key)\\ *|*" archive copy") _files ;;
    esac
  fi
}
if [[ "\${zsh_eval_context[-1]}" == loadautofunc ]]; then
  _orderbook_manager "$@"
else
  compdef _orderbook_manager orderbook-manager
fi
`;

const FISH = `# Put this into a file:  orderbook-manager completion fish > ~/.config/fish/completions/orderbook-manager.fish
function __orderbook_manager_choices
  set -l words (commandline -opc) (commandline -ct)
  env SHELL=zsh orderbook-manager --get-yargs-completions $words 2>/dev/null | string replace -r '(?<!\\\\\\\\):' '\\t' | string replace -a '\\\\:' ':'
end
complete -c orderbook-manager -f -a '(__orderbook_manager_choices)'
complete -c orderbook-manager -l out -r -F
complete -c orderbook-manager -l archive -r -F
complete -c orderbook-manager -l authkey-file -r -F
complete -c orderbook-manager -l tls-ca -r -F
complete -c orderbook-manager -l tls-cert -r -F
complete -c orderbook-manager -l tls-key -r -F
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}
