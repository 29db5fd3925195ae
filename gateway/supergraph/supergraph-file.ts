import { type Stats, unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Logger } from '../../subgraphs/shared/logger.js';
import { FollowedText } from '../followed-text.js';

/**
 * Follows the file that holds the supergraph. The path is asked for the state of its file again and again (instead of
 * watching an inode), so files that are replaced by renaming, the symbolic links of mounted ConfigMaps, files that
 * are away for a while and network file systems are all the same.
 */
export class SupergraphFile extends FollowedText {
  constructor(options: {
    readonly path: string;
    /** Of the file when the gateway started. */
    readonly text: string;
    readonly update: (supergraphSdl: string) => Promise<unknown>;
    readonly logger: Logger;
    readonly pollMilliseconds?: number;
  }) {
    const { path, pollMilliseconds: interval = 1_000 } = options;
    super({
      ...options,
      read: () => readFile(path, 'utf8'),
      refusal: 'the supergraph was refused; the one before it stays',
      watch: (onChange) => {
        const onStat = (now: Stats, before: Stats): void => {
          if (now.mtimeMs !== before.mtimeMs || now.size !== before.size || now.ino !== before.ino)
            onChange();
        };
        watchFile(path, { interval, persistent: false }, onStat);
        return () => unwatchFile(path, onStat);
      },
    });
  }
}
