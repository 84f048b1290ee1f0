// The smallest useful program: one region on this machine, one MQTT instance, one topic, one group, one key.
package main

import (
	"os"

	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf-mqtt-gateway/cdktf-mqtt-gateway-go/mqttgateway"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

func main() {
	app := cdktf.NewApp(nil)
	stack := cdktf.NewTerraformStack(app, jsii.String("quickstart"))

	// images have public defaults; other names are taken from the environment
	region := mqttgateway.NewRegion(stack, jsii.String("local"), &mqttgateway.RegionProps{
		GatewayImage: fromEnvironment("MQTTGW_GATEWAY_IMAGE"),
		BaseImage:    fromEnvironment("MQTTGW_BASE_IMAGE"),
		StoreImage:   fromEnvironment("MQTTGW_STORE_IMAGE"),
	})

	instance := mqttgateway.NewMqttInstance(stack, jsii.String("quickstart"), &mqttgateway.MqttInstanceProps{
		Region:       region,
		BindAddress:  jsii.String("127.0.0.1"), // loopback alone: the example secrets below are refused anywhere else
		Websocket:    &mqttgateway.ListenerOptions{Port: jsii.Number(8080)},
		WebsocketTls: &mqttgateway.ListenerOptions{Port: jsii.Number(8443)},
		FlashPolicy:  &mqttgateway.ListenerOptions{Port: jsii.Number(8843)},
	})
	storage := instance.BindToNewStandardStorage(nil).StorageInstance()

	storage.AddParentTopic(jsii.String("demo"), nil)
	instance.AddGroupId(jsii.String("GID_demo"), nil)
	instance.AddAccessKey(jsii.String("Key"), &mqttgateway.AccessKeyOptions{
		KeyId:  or(fromEnvironment("MQTTGW_KEY_ID"), "quickstart-key"),
		Secret: or(fromEnvironment("MQTTGW_KEY_SECRET"), "quickstart-secret"),
	})
	instance.AddConsoleUser(jsii.String("quickstart"), &mqttgateway.ConsoleUserOptions{
		Password: or(fromEnvironment("MQTTGW_CONSOLE_PASSWORD"), "quickstart-password"),
	})

	app.Synth()
}

// fromEnvironment gives a variable, or nil where it is not set: the default of a property.
func fromEnvironment(name string) *string {
	if value := os.Getenv(name); value != "" {
		return &value
	}
	return nil
}

func or(value *string, other string) *string {
	if value != nil {
		return value
	}
	return &other
}
