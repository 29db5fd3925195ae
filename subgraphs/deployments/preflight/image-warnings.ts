import { quoted } from '../../shared/kubernetes/names.js';
import type { SpecProblem } from './spec-problem.js';

/** A name that means another image tomorrow makes a deployment that can't be repeated or gone back to. */
export function imageWarnings(image: string): SpecProblem[] {
  if (image.includes('@')) return [];
  const tag = /:([\w][\w.-]*)$/.exec(image.slice(image.lastIndexOf('/') + 1))?.[1];
  if (tag !== undefined && tag !== 'latest') return [];
  return [
    {
      path: ['image'],
      message: `${quoted(image)} ${tag === undefined ? 'has no tag' : 'has the tag latest'}, so that it may be another image at any time: name a version or a digest.`,
    },
  ];
}
