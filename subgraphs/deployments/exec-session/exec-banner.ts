/** What a terminal shows first when its client asks for it. */
export function execBanner(
  facts: { command: readonly string[]; namespace: string; pod: string },
  tty: boolean,
): Uint8Array {
  const lines = [
    'Welcome to Meridian',
    `KUBE_COMMAND=${facts.command.join(' ')}`,
    `KUBE_NAMESPACE=${facts.namespace}`,
    `KUBE_POD=${facts.pod}`,
    '',
  ];
  return Buffer.from(lines.join(tty ? '\r\n' : '\n'));
}
