/** What a release changes in files, which no rehearsal may leave to chance. */
import { describe, expect, it } from 'vitest';

const { filesWithVersion, read, release, released, stamped, stampedManifest, versionProblem } = (await import('../../scripts/lib/release.mjs' as string)) as {
  filesWithVersion(version: string): string[]; release(from: string, to: string, day: string): [name: string, text: string][]; read(name: string): string; stamped(text: string, from: string, to: string): string; stampedManifest(text: string, from: string, to: string): string;
  released(changelog: string, version: string, day: string): string; versionProblem(version: string, present: string): string | undefined;
};
const { version } = JSON.parse(read('package.json')) as { version: string };

describe('a release', () => {
  it('is stamped behind our own names and nowhere else', () => {
    const text = '"cdktf": "0.1.0", "cdktf-mqtt-gateway": "^0.1.0"\n\tgithub.com/x/mqttgateway v0.1.0\nmqttgw:0.1.0\ncdktf-mqtt-gateway==0.1.01\n';
    expect(stamped(text, '0.1.0', '0.2.0')).toBe('"cdktf": "0.1.0", "cdktf-mqtt-gateway": "^0.2.0"\n\tgithub.com/x/mqttgateway v0.2.0\nmqttgw:0.2.0\ncdktf-mqtt-gateway==0.1.01\n');
  });

  it('is stamped into the manifests of both packages and the lock file, and changes nothing else there', () => {
    for (const [name, times] of [['package.json', 1], ['runtime/package.json', 1], ['package-lock.json', 3]] as const) {
      const next = stampedManifest(read(name), version, '77.0.0');
      expect(next.split('"version": "77.0.0"'), name).toHaveLength(times + 1);
      expect(next.replaceAll('"version": "77.0.0"', `"version": "${version}"`)).toBe(read(name));
    }
  });

  it('reaches every page and example that names the version', () => {
    const files = filesWithVersion(version);
    expect(files.length).toBeGreaterThanOrEqual(9);
    for (const example of ['quickstart', 'two-regions', 'direct-push']) expect(files).toEqual(expect.arrayContaining([`examples/${example}/python/requirements.txt`, `examples/${example}/go/go.mod`]));
    expect(JSON.parse(read('runtime/package.json'))).toMatchObject({ version });
  });

  it('changes all of them in one step: nothing that is stamped hides what is still to be', () => {
    const changed = new Map(release(version, '77.0.0', '2026-01-02'));
    expect([...changed.keys()]).toEqual(expect.arrayContaining(['CHANGELOG.md', 'package.json', 'runtime/package.json', 'package-lock.json', ...filesWithVersion(version)]));
    for (const [name, text] of changed) expect([name, text.includes('77.0.0')]).toEqual([name, true]);
    for (const name of filesWithVersion(version)) expect([name, stamped(changed.get(name)!, version, '') === changed.get(name)]).toEqual([name, true]);
  });

  it('dates the changelog, and refuses one without a word', () => {
    expect(released('# C\n\n## [Unreleased]\n\n### Added\n\n- a\n', '0.2.0', '2026-01-02')).toBe('# C\n\n## [Unreleased]\n\n## [0.2.0] - 2026-01-02\n\n### Added\n\n- a\n');
    expect(() => released('# C\n\n## [Unreleased]\n\n## [0.1.0] - 2026-01-01\n- a\n', '0.2.0', '2026-01-02')).toThrow('say first what this release changes');
    expect(released(read('CHANGELOG.md'), '77.0.0', '2026-01-02')).toContain('## [77.0.0] - 2026-01-02\n');
  });

  it.each([['0.2.0', undefined], ['0.1.0', undefined], ['1.0.0', undefined], ['0.0.9', 'older'], ['v1', 'three numbers'], ['1.0.0-rc.1', 'three numbers']])('takes %s after 0.1.0: %s', (next, problem) => {
    const said = versionProblem(next, '0.1.0');
    if (problem === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(problem);
  });
});
