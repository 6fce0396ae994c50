#!/usr/bin/env bash
# Runs a command with a SLURM of one node, installed from Debian and started for it alone:
#   tests/slurm/with_slurm.sh .venv/bin/python -m tests.slurm
# Needs root on Debian or Ubuntu. Nothing of it is left running; exit code 77 says "not possible here".
set -euo pipefail

[ "$(id -u)" = 0 ] || { echo "not tried: a local SLURM needs root" >&2; exit 77; }
if ! command -v slurmctld >/dev/null || ! command -v munged >/dev/null; then
	command -v apt-get >/dev/null || { echo "not tried: no Debian packages here" >&2; exit 77; }
	{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends slurm-wlm munge; } \
		>/dev/null 2>&1 || { echo "not tried: slurm-wlm and munge cannot be installed" >&2; exit 77; }
fi

state=$(mktemp -d)
node=$(hostname -s)
memory=$(awk '/MemTotal/ { print int($2 / 1024 * 0.8) }' /proc/meminfo)
# Jobs do not inherit SLURM_CONF, so the file stands where SLURM looks for it.
conf=/etc/slurm/slurm.conf
[ ! -e $conf ] || { echo "not tried: this machine has a SLURM of its own ($conf)" >&2; exit 77; }
mkdir -p /etc/slurm
trap 'rm -rf "$state" $conf' EXIT
cat >$conf <<CONF
ClusterName=local
SlurmctldHost=$node(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$state/munge/socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,batch_sched_delay=0
ReturnToService=2
MinJobAge=600
StateSaveLocation=$state/ctld
SlurmdSpoolDir=$state/slurmd
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.pid
SlurmctldLogFile=$state/slurmctld.log
SlurmdLogFile=$state/slurmd.log
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF

not_here() {
	echo "not tried: $1" >&2
	exit 77
}

stop() {
	# Jobs of an interrupted run would outlive their daemons.
	scancel --user="$(id -un)" 2>/dev/null && sleep 3 || true
	for name in slurmd slurmctld munge/munged; do
		[ ! -s "$state/$name.pid" ] || kill "$(cat "$state/$name.pid")" 2>/dev/null || true
	done
	sleep 1
	rm -rf "$state" $conf
}
trap stop EXIT

# A key of its own: the machine's munge, if there is one, is left alone.
mkdir -p "$state/munge" "$state/ctld" "$state/slurmd"
chmod 755 "$state" "$state/munge"
(umask 077 && head -c 1024 /dev/urandom >"$state/munge/key")
chown -R munge:munge "$state/munge"
runuser -u munge -- munged --key-file="$state/munge/key" --socket="$state/munge/socket" \
	--pid-file="$state/munge/munged.pid" --log-file="$state/munge/log" --seed-file="$state/munge/seed" ||
	not_here "munge does not start here"
slurmctld || not_here "slurmctld does not start here"
slurmd || not_here "slurmd does not start here"
for _ in $(seq 60); do
	[ "$(sinfo -h -o %T 2>/dev/null)" = idle ] && break
	sleep 1
done
[ "$(sinfo -h -o %T)" = idle ] || { tail -n 20 "$state"/*.log >&2; echo "not tried: SLURM does not come up here" >&2; exit 77; }
timeout 60 srun -n 1 true || not_here "SLURM runs no job here"
timeout "${LIMIT_S:-3000}" "$@"
