import { expect } from 'chai';
import { type Container, container, type Running } from '../support.js';

async function terminal(
  argv: readonly string[],
): Promise<{ box: Container; running: Running; type(text: string): Promise<string> }> {
  const box = await container();
  const running = box.start(argv, { tty: true, openStdin: true, size: { height: 24, width: 80 } });
  let shown = 0;
  const type = async (text: string): Promise<string> => {
    if (text !== '') await running.process.stdin.write(Buffer.from(text));
    await box.clock.advance(0);
    const now = running.stdout.slice(shown);
    shown = running.stdout.length;
    return now;
  };
  return { box, running, type };
}

describe('an interactive shell at a terminal', () => {
  it('prompts, echoes what is typed and answers with CRLF', async () => {
    const { running, type } = await terminal(['sh']);
    expect(await type('')).to.equal('/ # ');
    expect(await type('echo hi\r')).to.equal('echo hi\r\nhi\r\n/ # ');
    expect(await type('cd /tmp\r')).to.equal('cd /tmp\r\n/tmp # ');
    expect(await type('nosuch\r')).to.equal('nosuch\r\nsh: nosuch: not found\r\n/tmp # ');
    await type('exit 3\r');
    expect((await running.exit).code).to.equal(3);
  });

  it('lets a line be corrected', async () => {
    const { type } = await terminal(['sh']);
    await type('');
    expect(await type('echo hx\x7fi\r')).to.equal('echo hx\b \bi\r\nhi\r\n/ # ');
  });

  it('asks for the rest of a command', async () => {
    const { type } = await terminal(['sh']);
    await type('');
    expect(await type('if true\r')).to.equal('if true\r\n> ');
    expect(await type('then echo y; fi\r')).to.equal('then echo y; fi\r\ny\r\n/ # ');
  });

  it('ends at Ctrl-D', async () => {
    const { running, type } = await terminal(['sh']);
    await type('');
    await type('\x04');
    expect((await running.exit).code).to.equal(0);
  });

  it('finds the end behind what was typed before anybody read', async () => {
    const { running, type } = await terminal(['sh', '-c', 'wc -c; cat']);
    await type(`${'a'.repeat(1000)}\n\x04later\n\x04`);
    expect((await running.exit).code).to.equal(0);
    expect(running.stdout.slice(-20)).to.equal('later\r\n1001\r\nlater\r\n');
  });

  it('starts anew at Ctrl-C, and the program that runs ends', async () => {
    const { type } = await terminal(['sh']);
    await type('');
    expect(await type('half\x03')).to.equal('half^C\r\n/ # ');
    await type('sleep 100\r');
    expect(await type('\x03')).to.equal('^C\r\n/ # ');
    expect(await type('echo $?\r')).to.equal('echo $?\r\n130\r\n/ # ');
  });

  it('survives its errors', async () => {
    const { type } = await terminal(['sh']);
    await type('');
    expect(await type('fi\r')).to.equal('fi\r\nsh: syntax error: unexpected "fi"\r\n/ # ');
  });

  it('knows the size of the terminal, and that it changed', async () => {
    const { running, type } = await terminal(['sh']);
    await type('');
    expect(await type('stty size\r')).to.equal('stty size\r\n24 80\r\n/ # ');
    running.process.resize({ height: 50, width: 132 });
    expect(await type('stty size\r')).to.equal('stty size\r\n50 132\r\n/ # ');
  });

  it('leaves PID 1 alone at Ctrl-C where that has no handler', async () => {
    const { running, type } = await terminal(['sleep', '600']);
    await type('\x03');
    expect(running.process.status).to.equal(undefined);
    running.process.signal(9);
    await running.exit;
  });
});

describe('a shell that reads commands from a pipe', () => {
  it('runs them without prompts, and shares its input with them', async () => {
    const box = await container();
    const running = box.start(['sh'], { openStdin: true });
    await running.process.stdin.write(Buffer.from('echo a\nread x\nfrom input\necho "got $x"\nexit 4\n'));
    running.process.stdin.end();
    expect((await running.exit).code).to.equal(4);
    expect(running.stdout).to.equal('a\ngot from input\n');
  });
});
