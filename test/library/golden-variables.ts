/** The environment in which every language synthesizes the golden files of the examples. */
export const GOLDEN_VARIABLES: Readonly<Record<string, string>> = {
  // by name: what the bundled runtime hashes to must not change these files
  MQTTGW_GATEWAY_IMAGE: 'mqttgw:golden',
  MQTTGW_WEBHOOK_URL: 'https://ops.example.com/mqtt',
};
