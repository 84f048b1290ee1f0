/** Sample code: the programs of `examples/clients`, which the tests run, with this instance's names in place of the quickstart's. */
import node from '../../../../examples/clients/client.mjs?raw';
import python from '../../../../examples/clients/client.py?raw';
import go from '../../../../examples/clients/go/main.go?raw';
import java from '../../../../examples/clients/java/Client.java?raw';

export interface SampleValues { readonly url: string; readonly instanceId: string; readonly group: string; readonly topic: string }

interface Sample { readonly label: string; readonly file: string; readonly install: string; readonly run: string; readonly code: string }

const SAMPLES = {
  node: { label: 'Node', file: 'client.mjs', install: 'npm install mqtt', run: 'node client.mjs', code: node },
  python: { label: 'Python', file: 'client.py', install: 'pip install paho-mqtt', run: 'python client.py', code: python },
  go: { label: 'Go', file: 'main.go', install: 'go mod init example.com/mqtt-client\ngo get github.com/eclipse/paho.mqtt.golang@v1.5.0', run: 'go run .', code: go },
  java: { label: 'Java', file: 'Client.java', install: 'curl -O https://repo1.maven.org/maven2/org/eclipse/paho/org.eclipse.paho.client.mqttv3/1.2.5/org.eclipse.paho.client.mqttv3-1.2.5.jar', run: 'java -cp org.eclipse.paho.client.mqttv3-1.2.5.jar Client.java', code: java },
} as const satisfies { readonly [language: string]: Sample };

export type SampleLanguage = keyof typeof SAMPLES;
export const SAMPLE_LANGUAGES = Object.keys(SAMPLES) as SampleLanguage[];

export function sampleOf(language: SampleLanguage, { url, instanceId, group, topic }: SampleValues): Sample {
  const sample: Sample = SAMPLES[language];
  const replace: readonly (readonly [RegExp, string])[] = [
    [/mqtt:\/\/127\.0\.0\.1:1883/g, url],
    [/(["'])quickstart-key\1/g, '$1your-access-key-id$1'],
    [/(["'])quickstart-secret\1/g, '$1your-access-key-secret$1'],
    [/(["'])quickstart\1/g, `$1${escape(instanceId)}$1`],
    [/GID_demo@@@/g, `${escape(group)}@@@`],
    [/demo\/hello/g, `${escape(topic)}/hello`],
  ];
  return { ...sample, code: replace.reduce((code, [what, by]) => code.replace(what, by), sample.code) };
}

/** Names hold letters, digits, - and _ by the rules; whatever else there is must not end a text of the code. */
function escape(name: string): string {
  return name.replace(/[^\w-]/g, '_');
}
