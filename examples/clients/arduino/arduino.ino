// For ESP32 (ESP8266: <ESP8266WiFi.h> and <bearssl/bearssl_hmac.h>). Libraries: PubSubClient by Nick O'Leary, base64 by Densaugeo.
#include <WiFi.h>
#include <PubSubClient.h>
#include <base64.hpp>
#include <mbedtls/md.h>

const char *ssid = "network";
const char *wifiPassword = "password of the network";
const char *host = "192.168.1.10";  // the public endpoint's domain
const int port = 1883;
const char *username = "Signature|quickstart-key|quickstart";
const char *keySecret = "quickstart-secret";  // a device credential or a token is better: an AccessKey opens every device
const char *clientId = "GID_demo@@@board-1";

WiFiClient network;
PubSubClient mqtt(network);
unsigned long sentAt = 0;

void received(char *topic, byte *payload, unsigned int length) {
  Serial.printf("%s %.*s\n", topic, length, payload);
}

// Base64(HMAC-SHA1(secret, Client ID))
void sign(unsigned char password[29]) {
  unsigned char signature[20];
  mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA1), (const unsigned char *)keySecret, strlen(keySecret),
                  (const unsigned char *)clientId, strlen(clientId), signature);
  encode_base64(signature, sizeof signature, password);
}

void setup() {
  Serial.begin(115200);
  WiFi.begin(ssid, wifiPassword);
  while (WiFi.status() != WL_CONNECTED) delay(200);
  mqtt.setServer(host, port);
  mqtt.setCallback(received);
}

void loop() {
  if (!mqtt.connected()) {
    unsigned char password[29];
    sign(password);
    // the session is not clean (last argument): what is sent to the board while it is away waits for it
    if (mqtt.connect(clientId, username, (const char *)password, nullptr, 0, false, nullptr, false)) {
      mqtt.subscribe("demo/p2p/GID_demo@@@board-1", 1);
    } else {
      Serial.printf("refused: %d\n", mqtt.state());  // 2, 3, 4, 5 are the codes of CONNACK
      delay(5000);
      return;
    }
  }
  mqtt.loop();
  if (millis() - sentAt > 10000) {
    sentAt = millis();
    mqtt.publish("demo/readings", "21.5");  // PubSubClient sends QoS 0 only
  }
}
