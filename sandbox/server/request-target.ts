import type { IncomingMessage } from 'node:http';
import { parseRequestPath, type RequestInfo } from './request-info.js';

export interface RequestTarget {
  readonly query: URLSearchParams;
  readonly info: RequestInfo;
}

/** Takes the path as it was sent: the URL parser would resolve dot segments, which here are names to be refused. */
export const readTarget = ({ url = '/' }: IncomingMessage): RequestTarget => {
  const question = url.indexOf('?');
  const path = question < 0 ? url : url.slice(0, question);
  return {
    query: new URLSearchParams(question < 0 ? '' : url.slice(question)),
    info: parseRequestPath(path),
  };
};
