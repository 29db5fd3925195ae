import { rename, writeFile } from 'node:fs/promises';

/** Writes a file that others follow: nobody sees it empty or half, however long this process is held up in between. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const aside = `${path}.aside`;
  await writeFile(aside, text);
  await rename(aside, path);
}
