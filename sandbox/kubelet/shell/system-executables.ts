import type { Program } from '../programs/program.js';

const COMMON =
  'sh cat echo ls ps top env hostname sleep true false printf pwd id whoami uname date df free mount kill stty tput wc head tail grep egrep fgrep sed awk sort uniq cut tr tee xargs find basename dirname cp mv rm mkdir rmdir touch ln chmod chown stat du readlink test seq md5sum sha1sum sha256sum base64 od gzip gunzip zcat tar which nproc uptime clear reset diff expr printenv timeout time tac rev nl fold paste split comm expand yes ping nslookup vi less more';

const SYSTEMS: Record<Program['system'], ReadonlySet<string>> = {
  none: new Set(),
  busybox: new Set([...COMMON.split(' '), 'ash', 'busybox', 'wget', 'nc', 'telnet']),
  alpine: new Set([...COMMON.split(' '), 'ash', 'busybox', 'wget', 'nc', 'apk']),
  debian: new Set([...COMMON.split(' '), 'bash', 'dash', 'curl', 'apt', 'apt-get', 'dpkg']),
};

/** The commands that images of a kind have besides their own program, by name. */
export const systemExecutables = (system: Program['system']): ReadonlySet<string> => SYSTEMS[system];

export const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'ash', 'dash']);
