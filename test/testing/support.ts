import { request } from 'node:http';
import type { Connection } from '../../src/testing/server.js';

/** An answer with its body. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Ask a daemon, each time on a new connection unless an agent is given. */
export function ask(
  connection: Connection,
  path: string,
  options: {
    method?: string;
    body?: string | Buffer;
    headers?: Record<string, string>;
    agent?: import('node:http').Agent;
  } = {},
): Promise<Answer> {
  const { body, ...rest } = options;
  return new Promise((resolve, reject) => {
    const asked = request({ ...connection, path, agent: false, ...rest }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece: string) => {
        text += piece;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
      answer.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** The tags that a daemon lists, sorted. */
export async function tags(connection: Connection): Promise<string[]> {
  const { body } = await ask(connection, '/v1.55/images/json');
  return (JSON.parse(body) as { RepoTags: string[] }[]).flatMap(({ RepoTags }) => RepoTags).sort();
}
