import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeBlocks, COMMAND_LINE } from '../library/readme-blocks';
import { freePorts, launch, ROOT, startDev, synthesize, temporaryFolder, urlOf, type Dev } from './support';

describe('what the README says of clients works on the quickstart', () => {
  let dev: Dev;
  beforeAll(async () => { dev = await startDev(['--synth', await synthesize('quickstart'), '--data', temporaryFolder()], await freePorts()); });
  afterAll(() => dev.kill9());

  it('A1 the client in Node', async () => {
    const code = codeBlocks('js').find((block) => block.includes("from 'mqtt'")) ?? '';
    expect(code).toContain('mqtt://127.0.0.1:1883');
    // in the repository, where the package is found
    const file = path.join(ROOT, 'test', `readme-client-${process.pid}.mjs`);
    writeFileSync(file, code.replace('mqtt://127.0.0.1:1883', urlOf('tcp', dev.ports)));
    try {
      expect(await launch(process.execPath, [file]).ended).toEqual({ code: 0, stdout: 'demo/hello hello\n', stderr: '' });
    } finally {
      rmSync(file);
    }
  });

  it('A1 sub and pub on the command line', async () => {
    const block = codeBlocks('sh', COMMAND_LINE).find((text) => text.includes('mqttgw sub')) ?? '';
    const script = block.replace(/ mqttgw (sub|pub)/g, ` mqttgw $1 --url ${urlOf('tcp', dev.ports)}`);
    const [setUp = '', sub = '', pub = ''] = /^(export .*\n)(.* sub .*)&\nsleep .*\n(.* pub .*)/.exec(script)?.slice(1) ?? [];
    const subscriber = launch('/bin/sh', ['-c', setUp + sub]);
    // instead of the pause, which may be too short on a busy machine: sends until it arrives
    let ended = false;
    void subscriber.ended.then(() => { ended = true; });
    do expect(await launch('/bin/sh', ['-c', setUp + pub]).ended).toMatchObject({ code: 0, stdout: '' });
    while (!ended);
    const { code, stdout } = await subscriber.ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'demo/hello hello\n' });
  });
});
