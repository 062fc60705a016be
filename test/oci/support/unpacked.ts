import { once } from 'node:events';
import { extract } from 'tar-stream';

/** What the heads of an archive say, as another program's reader takes them. */
export async function unpacked(
  archive: Buffer,
): Promise<{ name: string; uid: number; gid: number; mtime: number; linkname: string }[]> {
  const found: { name: string; uid: number; gid: number; mtime: number; linkname: string }[] = [];
  const reader = extract();
  reader.on('entry', ({ name, uid, gid, mtime, linkname, pax }, content, next) => {
    const own = (key: string, value: number | undefined): number =>
      Number((pax as Record<string, string> | undefined)?.[key] ?? value ?? 0);
    const seconds = own('mtime', (mtime?.getTime() ?? 0) / 1000);
    found.push({ name, uid: own('uid', uid), gid: own('gid', gid), mtime: seconds, linkname: linkname ?? '' });
    content.resume();
    content.once('end', next);
  });
  reader.end(archive);
  await once(reader, 'finish');
  return found;
}
