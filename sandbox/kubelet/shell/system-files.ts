import type { Program } from '../programs/program.js';

const RELEASES: Record<Program['system'], string> = {
  none: '',
  busybox: '',
  alpine:
    'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.22.2\nPRETTY_NAME="Alpine Linux v3.22"\nHOME_URL="https://alpinelinux.org/"\n',
  debian:
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\nHOME_URL="https://www.debian.org/"\n',
};

const USERS = ['root', 'daemon', 'bin', 'nobody', 'nginx', 'redis', 'mysql', 'postgres', 'rabbitmq', 'app'];
const IDS: Record<string, number> = { root: 0, daemon: 1, bin: 2, nobody: 65534 };

const idOf = (user: string, index: number): number => IDS[user] ?? 990 + index;

/** What every image of a system has, by path. */
export function systemFiles(system: Program['system'], pod: { name: string; ip: string; namespace: string }) {
  const shell = system === 'debian' ? '/bin/bash' : '/bin/sh';
  const files: Record<string, string> = {
    '/etc/hostname': `${pod.name}\n`,
    '/etc/hosts': `# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n${pod.ip}\t${pod.name}\n`,
    '/etc/resolv.conf': `search ${pod.namespace}.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n`,
    '/etc/passwd': USERS.map((user, index) => {
      const id = idOf(user, index);
      return `${user}:x:${id}:${id}:${user}:${user === 'root' ? '/root' : '/nonexistent'}:${user === 'root' ? shell : '/sbin/nologin'}\n`;
    }).join(''),
    '/etc/group': USERS.map((user, index) => `${user}:x:${idOf(user, index)}:\n`).join(''),
    '/etc/shells': `/bin/sh\n${shell}\n`,
    '/proc/version': 'Linux version 6.1.0-sandbox (sandbox@meridian) #1 SMP PREEMPT_DYNAMIC\n',
    '/proc/cpuinfo':
      'processor\t: 0\nmodel name\t: Sandbox CPU\n\nprocessor\t: 1\nmodel name\t: Sandbox CPU\n',
    '/proc/meminfo':
      'MemTotal:       33554432 kB\nMemFree:        20132659 kB\nMemAvailable:   26843545 kB\n',
    '/proc/loadavg': '0.12 0.09 0.05 1/180 42\n',
    '/tmp/.keep': '',
    '/root/.profile': '# ~/.profile\n',
    '/var/log/.keep': '',
    '/dev/termination-log': '',
  };
  const release = RELEASES[system];
  return { ...files, ...(release && { '/etc/os-release': release }) };
}
