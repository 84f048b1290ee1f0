/*
 * Connects, subscribes, sends one message and waits until it comes back. On Debian:
 *   apt-get install gcc libmosquitto-dev libssl-dev
 *   cc -o client client.c -lmosquitto -lcrypto && ./client
 */
#include <mosquitto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *topic;
static int result = 1; /* exit status: 0 when the message came back */

static const char *setting(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value ? value : otherwise;
}

static void connected(struct mosquitto *client, void *context, int code) {
    (void)context;
    if (code != 0) {
        fprintf(stderr, "connect: %s\n", mosquitto_connack_string(code));
        mosquitto_disconnect(client);
        return;
    }
    mosquitto_subscribe(client, NULL, topic, 1); /* here, so that it is done again after each reconnect */
}

static void subscribed(struct mosquitto *client, void *context, int id, int count, const int *granted) {
    static const char text[] = "hello from C";
    (void)context, (void)id;
    if (count < 1 || granted[0] == 0x80) {
        fprintf(stderr, "the gateway refused the subscription to %s\n", topic);
        mosquitto_disconnect(client);
        return;
    }
    mosquitto_publish(client, NULL, topic, sizeof text - 1, text, 1, false);
}

static void received(struct mosquitto *client, void *context, const struct mosquitto_message *message) {
    (void)context;
    printf("%s %.*s\n", message->topic, message->payloadlen, (const char *)message->payload);
    result = 0;
    mosquitto_disconnect(client);
}

int main(void) {
    const char *host = setting("MQTTGW_HOST", "127.0.0.1");
    int port = atoi(setting("MQTTGW_PORT", "1883"));
    const char *instance_id = setting("MQTTGW_INSTANCE", "quickstart");
    const char *key_id = setting("MQTTGW_KEY_ID", "quickstart-key");
    const char *key_secret = setting("MQTTGW_KEY_SECRET", "quickstart-secret");
    const char *client_id = setting("MQTTGW_CLIENT_ID", "GID_demo@@@c-1");
    topic = setting("MQTTGW_TOPIC", "demo/hello");

    unsigned char signature[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    HMAC(EVP_sha1(), key_secret, (int)strlen(key_secret), (const unsigned char *)client_id, strlen(client_id), signature, &length);
    unsigned char password[2 * EVP_MAX_MD_SIZE];
    EVP_EncodeBlock(password, signature, (int)length);
    char username[256];
    snprintf(username, sizeof username, "Signature|%s|%s", key_id, instance_id);

    alarm(30); /* ends the program when nothing comes back */
    mosquitto_lib_init();
    /* a session that is not clean: what is sent to this client while it is away waits for it */
    struct mosquitto *client = mosquitto_new(client_id, false, NULL);
    mosquitto_username_pw_set(client, username, (const char *)password);
    mosquitto_connect_callback_set(client, connected);
    mosquitto_subscribe_callback_set(client, subscribed);
    mosquitto_message_callback_set(client, received);
    int code = mosquitto_connect(client, host, port, 60);
    if (code == MOSQ_ERR_SUCCESS) mosquitto_loop_forever(client, -1, 1);
    else fprintf(stderr, "%s:%d: %s\n", host, port, mosquitto_strerror(code));
    mosquitto_destroy(client);
    mosquitto_lib_cleanup();
    return result;
}
