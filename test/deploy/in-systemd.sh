#!/usr/bin/env bash
# The steps of an operator, from the installation to the purge, in a throwaway Debian
# (../shared/deploy-tests). Prints `ok` or `not ok` for each fact and exits at the first failure. Takes
# BINANCE_WS_URL and BINANCE_REST_URL (the sandbox exchange) and PORT (a free one, for the manager).
set -uo pipefail

SERVICE=finTechApp_logger
UNIT=/etc/systemd/system/$SERVICE.service
KEY=/etc/$SERVICE/authkey
export MANAGER_PORT=$PORT

fact() { # fact TEXT COMMAND…
  local text=$1
  shift
  if "$@" >/tmp/said 2>&1; then
    echo "ok $text"
  else
    echo "not ok $text"
    tail -20 /tmp/said
    journalctl -u $SERVICE -n 20 -o short-monotonic
    exit 1 # the following facts depend on it
  fi
}
soon() { # soon SECONDS COMMAND…: it comes true in that time
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.2
  done
}
is() { [ "$1" = "$2" ] || { echo "$1, not $2" && return 1; }; }
exits() { # exits CODE COMMAND…
  local code=$1 got=0
  shift
  "$@" || got=$?
  is $got "$code"
}
show() { systemctl show --value -p "$1" $SERVICE; }
shows() { is "$(show "$1")" "$2"; }
has() { show "$1" | grep -q "$2"; }
owned() { is "$(stat -c '%a %U:%G' "$1")" "$2"; }
none() { ! ls -d "$@"; }
live() { orderbook-manager health --json | grep -q '"state":"live"'; }
logged() { # logged PRIORITY TEXT
  journalctl -u $SERVICE -p "$1..$1" -o cat | grep -q "$2"
}
drop_in() { # drop_in NAME, its lines from standard input
  mkdir -p $UNIT.d && cat >"$UNIT.d/$1.conf" && systemctl daemon-reload
}
another_process() { local pid; pid=$(show MainPID) && [ "$pid" != 0 ] && [ "$pid" != "$1" ] && shows ActiveState active; }

fact 'a dry run does nothing' bash -c './service-setup.sh --dry-run && ! [ -e /opt/finTechApp_logger ] && ! getent passwd fintech'
fact 'it installs' ./service-setup.sh
fact 'enabled, not started' bash -c "systemctl is-enabled $SERVICE && ! systemctl is-active $SERVICE"
fact 'only root and the group can read the key' owned $KEY '640 root:fintech'
fact 'the key has 256 bits' grep -Eqx '[0-9a-f]{64}' $KEY
fact 'the settings are the template' cmp deploy/vars.env /etc/$SERVICE/vars.env
fact 'no development dependencies are installed' none /opt/$SERVICE/node_modules/{typescript,vitest,prettier} /opt/$SERVICE/logger
fact 'the unit is well-formed' is "$(systemd-analyze verify $UNIT 2>&1)" ''
fact 'exposure is 1.4 at most' systemd-analyze security --offline=yes --threshold=14 $UNIT

printf 'LOGLEVEL=debug\nMANAGER_PORT=%s\nBINANCE_WS_URL=%s\nBINANCE_REST_URL=%s\nORDERBOOK_UPDATEFREQUENCY=100\nGRPC_TRACE=all\n' \
  "$PORT" "$BINANCE_WS_URL" "$BINANCE_REST_URL" >>/etc/$SERVICE/vars.env
fact 'it starts, and notifies systemd when it is ready' systemctl start $SERVICE
fact 'a security is added by its name alone' orderbook-manager add binance:BTCUSDT
fact 'the archive is the state directory, closed to others' owned /var/lib/$SERVICE '700 fintech:fintech'
fact 'it runs as its own account' is "$(ps -o user= -p "$(show MainPID)")" fintech
fact 'neither the key nor gRPC settings are in its environment' bash -c "! tr '\\0' '\\n' </proc/$(show MainPID)/environ | grep -E \"GRPC_|$(cat $KEY)\""
fact 'systemctl shows the status line' soon 60 has StatusText '^1 of 1 security live, archive [0-9.]* s behind, 0 gaps$'
fact 'the start is logged as a notice' logged notice '^Recording '
fact 'the key is not in the journal' bash -c "! journalctl | grep -q $(cat $KEY)"

pid=$(show MainPID)
kill -9 "$pid"
fact 'after a kill it is restarted' soon 60 another_process "$pid"
fact 'and records again' soon 60 live
fact 'the downtime is a gap' bash -c "orderbook-manager coverage binance:BTCUSDT --json | grep -q '\"cause\":\"restart\"'"

cp $KEY /tmp/old-key
(umask 027 && head -c 32 /dev/urandom | base64 >/tmp/new-key) && cat /tmp/new-key >$KEY
pid=$(show MainPID)
fact 'it reloads' systemctl reload $SERVICE
fact 'the new key is accepted' soon 30 orderbook-manager ping
fact 'the old key is rejected' exits 3 orderbook-manager ping --authkey-file /tmp/old-key
fact 'in the same process, which is active' bash -c "[ \$(systemctl show --value -p MainPID $SERVICE) = $pid ] && systemctl is-active $SERVICE"

drop_in trouble <<END
[Service]
WatchdogSec=20
Environment=TEST_FAULT=stall
ExecStart=
ExecStart=/usr/bin/env node --import /src/test/support/process-faults.mjs /opt/$SERVICE/dist/logger/main.js
END
systemctl restart $SERVICE
pid=$(show MainPID)
kill -USR2 "$pid"
fact 'a logger with a stalled event loop exits by itself and is restarted' soon 60 another_process "$pid"
fact 'it logs one last line' logged crit '^The event loop has stalled for 10 s'
pid=$(show MainPID)
kill -STOP "$pid"
fact 'a suspended process is killed by the watchdog and restarted' soon 90 another_process "$pid"
fact 'it did not exit by itself, since no thread ran' is "$(journalctl -u $SERVICE -o cat | grep -c 'has stalled for')" 1
sleep 25
fact 'watchdog notifications keep a healthy logger running' is "$(show NRestarts)" 2
rm -r $UNIT.d && systemctl daemon-reload

drop_in bad <<END
[Service]
Environment=STALE_AFTER=soon
END
fact 'a bad setting fails the start' exits 1 systemctl restart $SERVICE
sleep 3
fact 'with code 78 and without a restart' is "$(show ExecMainStatus) $(show NRestarts) $(show ActiveState)" '78 0 failed'
fact 'the log line names the setting' logged err '^orderbook-logger: STALE_AFTER: "soon" is not valid'
rm -r $UNIT.d && systemctl daemon-reload && systemctl reset-failed $SERVICE && systemctl start $SERVICE

echo '# mine' >>/etc/$SERVICE/vars.env
sha256sum $KEY /etc/$SERVICE/vars.env >/tmp/kept
pid=$(show MainPID)
fact 'it upgrades in place' ./service-setup.sh
fact 'settings and key are kept' sha256sum --check --quiet /tmp/kept
fact 'the service runs the new version' soon 60 another_process "$pid"
fact 'and records again by itself' soon 60 live

fact 'it stops' systemctl stop $SERVICE
fact 'cleanly' is "$(show Result) $(show ExecMainStatus)" 'success 0'
fact 'after storing everything' logged notice '^Stopped$'
fact 'the pipe is there' bash -c 'orderbook-pipe --help | grep -q strategy'
fact 'the archive verifies' orderbook-manager verify --archive /var/lib/$SERVICE

fact 'it uninstalls' ./service-setup.sh --uninstall
fact 'the program is gone' none $UNIT /opt/$SERVICE /usr/local/bin/orderbook-logger /usr/local/bin/orderbook-manager /usr/local/bin/orderbook-pipe
fact 'settings, key and data stay' ls $KEY /etc/$SERVICE/vars.env /var/lib/$SERVICE/*
fact 'a purge fails without a terminal to confirm on' exits 2 ./service-setup.sh --purge
fact 'it removes nothing if the answer is no' exits 1 script -qec './service-setup.sh --purge' /dev/null <<<no
fact 'a dry run removes nothing' bash -c "./service-setup.sh --purge --dry-run && ls $KEY"
fact 'a purge' ./service-setup.sh --purge --yes
fact 'also removes settings, key and data' none /etc/$SERVICE /var/lib/$SERVICE $UNIT
echo end
