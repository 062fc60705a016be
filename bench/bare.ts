/**
 * A bare server of Node.js: hashes, writes and syncs what is posted, and sends a file. Arguments: its socket, the file to send, the
 * file to write.
 */
import { createHash } from 'node:crypto';
import { createReadStream, rmSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

const [, , socketPath = '', archive = '', target = ''] = process.argv;

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const file = await open(target, 'w');
  const hash = createHash('sha256');
  for await (const chunk of request as AsyncIterable<Buffer>) {
    hash.update(chunk);
    await file.write(chunk);
  }
  await file.sync();
  await file.close();
  await rm(target);
  response.end(hash.digest('hex'));
}

// One that was killed before leaves its socket.
rmSync(socketPath, { force: true });
createServer((request, response) => {
  if (request.method === 'POST') void take(request, response);
  else createReadStream(archive, { highWaterMark: 1 << 20 }).pipe(response);
}).listen(socketPath, () => process.send?.('ready'));
