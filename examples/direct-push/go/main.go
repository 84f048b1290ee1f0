// Direct push: a gateway without a store. What a client publishes goes to the clients that are connected at that
// moment, and is kept for nobody: for live values where only the newest counts.
package main

import (
	"os"

	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf-mqtt-gateway/cdktf-mqtt-gateway-go/mqttgateway"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

func main() {
	app := cdktf.NewApp(nil)
	stack := cdktf.NewTerraformStack(app, jsii.String("direct-push"))

	// images have public defaults; other names are taken from the environment
	region := mqttgateway.NewRegion(stack, jsii.String("local"), &mqttgateway.RegionProps{
		GatewayImage: fromEnvironment("MQTTGW_GATEWAY_IMAGE"),
		BaseImage:    fromEnvironment("MQTTGW_BASE_IMAGE"),
	})

	live := mqttgateway.NewMqttInstance(stack, jsii.String("live"), &mqttgateway.MqttInstanceProps{
		Region:       region,
		DirectPush:   jsii.Bool(true), // nothing to bind; topics are declared on the instance
		BindAddress:  jsii.String("127.0.0.1"),
		Tcp:          &mqttgateway.ListenerOptions{Port: jsii.Number(2883)},
		Tls:          &mqttgateway.ListenerOptions{Port: jsii.Number(9883)},
		Websocket:    &mqttgateway.ListenerOptions{Port: jsii.Number(9080)},
		WebsocketTls: &mqttgateway.ListenerOptions{Enabled: jsii.Bool(false)},
		FlashPolicy:  &mqttgateway.ListenerOptions{Enabled: jsii.Bool(false)},
		Http:         &mqttgateway.HttpListenerOptions{Port: jsii.Number(19080)},
	})

	prices := live.AddParentTopic(jsii.String("prices"), nil)
	live.AddGroupId(jsii.String("GID_display"), nil)

	live.AddAccessKey(jsii.String("everything"), nil) // its secret is generated at the first deploy
	display := live.AddAccessKey(jsii.String("display"), &mqttgateway.AccessKeyOptions{
		Access: mqttgateway.AccessKeyAccess_GRANTED,
	})
	prices.GrantSubscribe(display) // displays read, and cannot send

	app.Synth()
}

// fromEnvironment gives a variable, or nil where it is not set: the default of a property.
func fromEnvironment(name string) *string {
	if value := os.Getenv(name); value != "" {
		return &value
	}
	return nil
}
