// Connects, subscribes, sends one message and waits until it comes back: `go run .`
package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"log"
	"os"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

func setting(name, otherwise string) string {
	if value, ok := os.LookupEnv(name); ok {
		return value
	}
	return otherwise
}

// done waits for an answer of the gateway, and ends the program when it is a refusal.
func done(what string, token mqtt.Token) {
	if !token.WaitTimeout(30 * time.Second) {
		log.Fatalf("%s: no answer within 30 seconds", what)
	}
	if err := token.Error(); err != nil {
		log.Fatalf("%s: %v", what, err)
	}
}

func main() {
	url := setting("MQTTGW_URL", "mqtt://127.0.0.1:1883")
	instanceID := setting("MQTTGW_INSTANCE", "quickstart")
	keyID := setting("MQTTGW_KEY_ID", "quickstart-key")
	keySecret := setting("MQTTGW_KEY_SECRET", "quickstart-secret")
	clientID := setting("MQTTGW_CLIENT_ID", "GID_demo@@@go-1")
	topic := setting("MQTTGW_TOPIC", "demo/hello")

	signature := hmac.New(sha1.New, []byte(keySecret))
	signature.Write([]byte(clientID))

	received := make(chan string, 1)
	options := mqtt.NewClientOptions().
		AddBroker(url).
		SetProtocolVersion(4).
		SetClientID(clientID).
		SetUsername("Signature|" + keyID + "|" + instanceID).
		SetPassword(base64.StdEncoding.EncodeToString(signature.Sum(nil))).
		SetCleanSession(false) // what is sent to this client while it is away waits for it
	client := mqtt.NewClient(options)
	done("connect", client.Connect())
	subscription := client.Subscribe(topic, 1, func(_ mqtt.Client, message mqtt.Message) {
		select {
		case received <- message.Topic() + " " + string(message.Payload()):
		default:
		}
	})
	done("subscribe", subscription)
	if granted := subscription.(*mqtt.SubscribeToken).Result()[topic]; granted == 0x80 {
		log.Fatalf("the gateway refused the subscription to %s", topic)
	}
	done("publish", client.Publish(topic, 1, false, "hello from Go")) // done when the message is stored
	select {
	case text := <-received:
		fmt.Println(text)
	case <-time.After(30 * time.Second):
		log.Fatal("the message did not come back within 30 seconds")
	}
	client.Disconnect(250)
}
