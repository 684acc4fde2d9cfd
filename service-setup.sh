#!/bin/sh
# Installs the order-book logger as the service finTechApp_logger, from this checkout.
set -eu

NAME=finTechApp_logger
ACCOUNT=fintech
PROGRAM=/opt/$NAME
SETTINGS=/etc/$NAME
DATA=/var/lib/$NAME
UNIT=/etc/systemd/system/$NAME.service
LINKS=/usr/local/bin
NODE_AT_LEAST=20.19
SYSTEMD_AT_LEAST=247
# The PATH that systemd gives a service, whatever the installing shell has.
SERVICE_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

usage() {
  cat <<END
Usage: ./service-setup.sh [options]

Installs the logger of this checkout as the systemd service $NAME, on Debian or Ubuntu, as root.
Run it again to upgrade: settings, key and data are kept, and a running service is restarted.

  $PROGRAM   the program with its production dependencies
  $SETTINGS   vars.env (settings) and authkey (the manager's key)
  $DATA   the recorded data
  $LINKS   orderbook-logger, orderbook-manager and orderbook-pipe

  --dry-run    prints what it would do and changes nothing
  --uninstall  stops and removes the service and the program; keeps settings, key and data
  --purge      removes those as well, after asking
  --yes        does not ask
  --help       prints this
END
}

say() { printf '%s\n' "$*"; }
fail() {
  printf 'service-setup.sh: %s\n' "$*" >&2
  exit 1
}
wrong_usage() {
  printf 'service-setup.sh: %s (see --help)\n' "$*" >&2
  exit 2
}

# Every command that changes the machine goes through here.
run() {
  if [ "$is_dry" = yes ]; then
    say "would run: $*"
  else
    "$@"
  fi
}

# True if version $1 is at least $2.
is_at_least() {
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

check_machine() {
  [ "$is_dry" = yes ] || [ "$(id -u)" = 0 ] || fail 'needs root: run it with sudo'
  command -v systemctl >/dev/null || fail 'this machine has no systemd; docs/service.md describes containers'
  systemd=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
  is_at_least "${systemd:-0}" "$SYSTEMD_AT_LEAST" ||
    fail "systemd $SYSTEMD_AT_LEAST or later is needed, this is ${systemd:-unknown}"
}

check_tools() {
  for file in package-lock.json logger/main.ts $NAME.service; do
    [ -f "$file" ] || fail "$(pwd) is not a complete checkout of the logger: $file is missing"
  done
  node=$(PATH=$SERVICE_PATH command -v node) ||
    fail "Node $NODE_AT_LEAST or later is needed in /usr/bin or /usr/local/bin, where systemd looks for it"
  version=$("$node" --version | tr -d v)
  is_at_least "$version" "$NODE_AT_LEAST" ||
    fail "Node $NODE_AT_LEAST or later is needed, $node is $version"
  command -v npm >/dev/null || fail 'npm is needed: it comes with Node'
  for link in orderbook-logger orderbook-manager orderbook-pipe; do
    [ ! -e "$LINKS/$link" ] || [ -L "$LINKS/$link" ] ||
      fail "$LINKS/$link exists and is not our link: move it away"
  done
}

make_account() {
  getent group $ACCOUNT >/dev/null || run groupadd --system $ACCOUNT
  getent passwd $ACCOUNT >/dev/null ||
    run useradd --system --gid $ACCOUNT --home-dir $DATA --no-create-home \
      --shell /usr/sbin/nologin --comment 'order-book logger' $ACCOUNT
}

# Builds beside the installed program, so that a failed build leaves it alone.
build_program() {
  stage=$PROGRAM.new
  build_failed='the build failed; the installed program is unchanged'
  say "Building from $(pwd)"
  if [ "$is_dry" = yes ]; then
    say "would build in $stage, with the dependencies of package-lock.json, and move it to $PROGRAM"
    return
  fi
  rm -rf "$stage"
  install -d -m 0755 "$stage"
  trap 'rm -rf "$stage"' EXIT
  cp -R README.md LICENSE package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json \
    proto logger manager-cli pipe sandbox bench test "$stage"
  if npm ls --all >/dev/null 2>&1; then
    # The checkout's node_modules match the lock file: no network needed.
    mkdir "$stage/node_modules"
    cp -R node_modules/. "$stage/node_modules"
    (cd "$stage" && npm run --silent build) || fail "$build_failed"
  else
    # npm ci also builds (prepare).
    (cd "$stage" && npm ci --include=dev --no-audit --no-fund --loglevel=error) ||
      fail "$build_failed"
  fi
  (
    cd "$stage" &&
      npm prune --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null &&
      rm -rf logger manager-cli pipe sandbox bench test tsconfig.json tsconfig.build.json .npmrc &&
      rm -rf dist/sandbox dist/bench dist/test &&
      PATH=$SERVICE_PATH node dist/logger/main.js --version >/dev/null
  ) || fail "$build_failed"
  chown -R root:root "$stage"
  chmod -R u=rwX,go=rX "$stage"
}

put_program() {
  [ "$is_dry" = no ] || return 0
  rm -rf $PROGRAM.old
  [ ! -e $PROGRAM ] || mv $PROGRAM $PROGRAM.old
  mv "$stage" $PROGRAM
  trap - EXIT
  rm -rf $PROGRAM.old
  say "Installed the program in $PROGRAM"
}

put_links() {
  run ln -sfn $PROGRAM/dist/logger/main.js $LINKS/orderbook-logger
  run ln -sfn $PROGRAM/dist/manager-cli/main.js $LINKS/orderbook-manager
  run ln -sfn $PROGRAM/dist/pipe/main.js $LINKS/orderbook-pipe
}

put_settings() {
  run install -d -o root -g $ACCOUNT -m 0750 $SETTINGS
  run install -d -o $ACCOUNT -g $ACCOUNT -m 0700 $DATA
  if [ -e $SETTINGS/vars.env ]; then
    say "Kept $SETTINGS/vars.env"
  else
    run install -o root -g $ACCOUNT -m 0640 deploy/vars.env $SETTINGS/vars.env
  fi
  if [ -s $SETTINGS/authkey ]; then
    say "Kept $SETTINGS/authkey"
  else
    run make_key
  fi
}

# 256 bits from the system's random source, never readable by others along the way.
make_key() {
  (
    umask 077
    od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n' >$SETTINGS/authkey.made
    echo >>$SETTINGS/authkey.made
  )
  [ "$(wc -c <$SETTINGS/authkey.made)" -eq 65 ] || fail 'could not read a key from /dev/urandom'
  chown root:$ACCOUNT $SETTINGS/authkey.made
  chmod 0640 $SETTINGS/authkey.made
  mv $SETTINGS/authkey.made $SETTINGS/authkey
  say "Generated a manager key: $SETTINGS/authkey"
}

put_unit() {
  run install -o root -g root -m 0644 $NAME.service $UNIT
  run systemctl daemon-reload
  run systemctl enable --quiet $NAME
}

install_all() {
  check_tools
  was_there=no
  [ ! -e $PROGRAM ] || was_there=yes
  make_account
  build_program
  put_settings
  put_program
  put_links
  put_unit
  if [ $is_dry = yes ]; then
    say 'Nothing was changed.'
  elif [ $was_there = yes ]; then
    # Restarts the service only if it was running.
    systemctl try-restart $NAME
    say 'Upgraded. A running service was restarted.'
  else
    say "Installed and enabled, not started yet. To record:"
    say "  systemctl start $NAME && orderbook-manager add binance:BTCUSDT"
  fi
}

uninstall() {
  if [ -e $UNIT ]; then
    run systemctl disable --now --quiet $NAME
    run rm -f $UNIT
    run systemctl daemon-reload
    [ "$is_dry" = yes ] || systemctl reset-failed $NAME 2>/dev/null || true
  fi
  for link in orderbook-logger orderbook-manager orderbook-pipe; do
    case $(readlink "$LINKS/$link" || true) in
    "$PROGRAM"/*) run rm -f "$LINKS/$link" ;;
    esac
  done
  run rm -rf $PROGRAM $PROGRAM.new $PROGRAM.old
  [ "$action" = purge ] || [ "$is_dry" = yes ] ||
    say "Uninstalled. $SETTINGS and $DATA are kept; --purge removes them too."
}

ask_purge() {
  [ "$is_dry" = no ] && [ "$is_sure" = no ] || return 0
  [ -t 0 ] || wrong_usage '--purge asks first, and this is not a terminal: add --yes'
  printf 'This deletes all recorded data (%s), settings and key (%s). Type yes: ' $DATA $SETTINGS
  read -r answer || answer=
  [ "$answer" = yes ] || fail 'nothing was removed'
}

purge() {
  ask_purge
  uninstall
  run rm -rf $SETTINGS $DATA $UNIT.d
  [ "$is_dry" = yes ] || say "Purged. The account $ACCOUNT is kept, so that its user id is not reused."
}

action=install
is_dry=no
is_sure=no
for argument in "$@"; do
  case $argument in
  --dry-run) is_dry=yes ;;
  --uninstall) [ $action = purge ] || action=uninstall ;;
  --purge) action=purge ;;
  --yes | -y) is_sure=yes ;;
  --help | -h)
    usage
    exit 0
    ;;
  *) wrong_usage "unknown option $argument" ;;
  esac
done

umask 022
cd "$(dirname "$0")"
check_machine
case $action in
install) install_all ;;
uninstall) uninstall ;;
purge) purge ;;
esac
