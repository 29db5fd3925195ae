import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../subgraphs/shared/logger.js';
import { FollowedText } from '../followed-text.js';
import { type DocumentFile, TrustedDocuments, type TrustedDocumentsMode } from './trusted-documents.js';

/** Manifests, and documents by themselves. */
const isRead = /\.(json|graphql|gql)$/;
const defaultPollMilliseconds = 2_000;

/**
 * The folder that builds of front ends write their documents to, with all below it. It is followed: a new state takes
 * the place of the one before as a whole, and one that is at fault, or empty, is refused.
 */
export class TrustedDocumentsFolder {
  private constructor(
    readonly documents: TrustedDocuments,
    private readonly following: FollowedText,
  ) {}

  /** Rejects with the file at fault. */
  static async open(options: {
    readonly folder: string;
    readonly mode: TrustedDocumentsMode;
    readonly logger: Logger;
    readonly pollMilliseconds?: number;
  }): Promise<TrustedDocumentsFolder> {
    const { folder, mode, logger, pollMilliseconds = defaultPollMilliseconds } = options;
    const files = await filesIn(folder).catch((error: unknown) => {
      throw new Error(`MERIDIAN_TRUSTED_DOCUMENTS: the folder ${folder} cannot be read`, { cause: error });
    });
    const documents = new TrustedDocuments(mode);
    try {
      documents.replaceWith(files);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`MERIDIAN_TRUSTED_DOCUMENTS: ${reason}`, { cause: error });
    }
    const following = new FollowedText({
      path: folder,
      text: JSON.stringify(files),
      read: async () => JSON.stringify(await filesIn(folder)),
      watch: (onChange) => watchFolder(folder, pollMilliseconds, onChange),
      update: async (text) => {
        const next = JSON.parse(text) as DocumentFile[];
        // Half-way through being written anew, more likely than meant.
        if (next.length === 0) throw new Error('the folder holds no documents');
        documents.replaceWith(next);
        logger.info({ path: folder, documents: documents.size }, 'trusted documents updated');
      },
      refusal: 'the trusted documents were refused; those before them stay',
      logger,
    });
    return new TrustedDocumentsFolder(documents, following);
  }

  /** Looks at the folder now. */
  reload(): Promise<void> {
    return this.following.reload();
  }

  dispose(): Promise<void> {
    return this.following.dispose();
  }
}

async function pathsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries
    .filter((entry) => isRead.test(entry))
    .toSorted()
    .map((entry) => join(folder, entry));
}

const filesIn = async (folder: string): Promise<DocumentFile[]> =>
  Promise.all(
    (await pathsIn(folder)).map(async (path): Promise<DocumentFile> => [path, await readFile(path, 'utf8')]),
  );

/** By asking again and again, as the supergraph's file is watched: contents of files are no change of their folder. */
function watchFolder(folder: string, pollMilliseconds: number, onChange: () => void): () => void {
  let before: string | undefined;
  let asking = false;
  const timer = setInterval(() => {
    if (asking) return;
    asking = true;
    void stateOf(folder).then((now) => {
      asking = false;
      // The first time too: it may have changed since it was read.
      if (now !== undefined && now !== before) onChange();
      before = now ?? before;
    });
  }, pollMilliseconds);
  timer.unref();
  return () => clearInterval(timer);
}

/** Undefined when it changes just now, or can't be read: the next time tells. */
async function stateOf(folder: string): Promise<string | undefined> {
  try {
    const states = await Promise.all(
      (await pathsIn(folder)).map(async (path) => {
        const { mtimeMs, size, ino } = await stat(path);
        return [path, mtimeMs, size, ino];
      }),
    );
    return JSON.stringify(states);
  } catch {
    return undefined;
  }
}
