// Two regions on one Docker host. In `plant`, a platinum instance with three gateways and a store of its own; in
// `office`, a basic instance on the region's shared store. Ten topics, three groups, keys with narrow rights.
package main

import (
	"os"

	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf-mqtt-gateway/cdktf-mqtt-gateway-go/mqttgateway"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

func main() {
	app := cdktf.NewApp(nil)
	stack := cdktf.NewTerraformStack(app, jsii.String("two-regions"))

	// a secret that the program never sees: export TF_VAR_device_secret before the deploy
	deviceSecret := cdktf.NewTerraformVariable(stack, jsii.String("device_secret"), &cdktf.TerraformVariableConfig{
		Type:        jsii.String("string"),
		Sensitive:   jsii.Bool(true),
		Description: jsii.String("secret of the AccessKeys of devices"),
	})

	addPlant(stack, deviceSecret.StringValue())
	addOffice(stack, deviceSecret.StringValue())
	app.Synth()
}

// addPlant: platinum, three gateways behind a front.
func addPlant(stack cdktf.TerraformStack, deviceSecret *string) {
	plant := mqttgateway.NewRegion(stack, jsii.String("plant"), withImages(mqttgateway.RegionProps{}))

	storage := mqttgateway.NewStorageInstance(stack, jsii.String("plant-storage"), &mqttgateway.StorageInstanceProps{
		Region:          plant,
		Edition:         mqttgateway.StorageEdition_PLATINUM,
		Description:     jsii.String("measurements of the plant"),
		MemoryMegabytes: jsii.Number(256),
		RemovalPolicy:   mqttgateway.RemovalPolicy_DESTROY,
	})
	measurements := storage.AddParentTopic(jsii.String("measurements"), &mqttgateway.ParentTopicOptions{
		Remark: jsii.String("one sub topic a sensor"),
	})
	commands := storage.AddParentTopic(jsii.String("commands"), &mqttgateway.ParentTopicOptions{
		MessageType: mqttgateway.MessageType_PARTITION_ORDERED,
	})
	storage.AddParentTopic(jsii.String("alerts"), &mqttgateway.ParentTopicOptions{
		MessageType: mqttgateway.MessageType_GLOBAL_ORDERED,
	})
	for _, name := range []string{"firmware", "shifts", "quality"} {
		storage.AddParentTopic(&name, nil)
	}

	mqtt := mqttgateway.NewMqttInstance(stack, jsii.String("plant-mqtt"), &mqttgateway.MqttInstanceProps{
		Region:   plant,
		Edition:  mqttgateway.InstanceEdition_PLATINUM,
		Replicas: jsii.Number(3),
		Billing:  mqttgateway.Billing_PREPAID,
		Spec: &mqttgateway.MqttInstanceSpec{
			Tps:           jsii.Number(5_000),
			Connections:   jsii.Number(2_000),
			Subscriptions: jsii.Number(20_000),
		},
		Webhook:      webhook(),
		BindAddress:  jsii.String("127.0.0.1"),
		Tcp:          &mqttgateway.ListenerOptions{Port: jsii.Number(21883)},
		Tls:          &mqttgateway.ListenerOptions{Port: jsii.Number(28883)},
		Websocket:    &mqttgateway.ListenerOptions{Port: jsii.Number(28080)},
		WebsocketTls: &mqttgateway.ListenerOptions{Port: jsii.Number(28443)},
		FlashPolicy:  &mqttgateway.ListenerOptions{Port: jsii.Number(28843)},
		Http:         &mqttgateway.HttpListenerOptions{Port: jsii.Number(28180)},
	})
	mqtt.BindTo(storage)
	mqtt.AddGroupId(jsii.String("GID_sensors"), &mqttgateway.GroupIdOptions{
		Remark: jsii.String("temperature and pressure"),
	})
	contractor := mqtt.AddAccount(jsii.String("contractor"), nil)
	mqtt.AddGroupId(jsii.String("GID_machines"), &mqttgateway.GroupIdOptions{Account: contractor})

	devices := mqtt.AddAccessKey(jsii.String("plant-devices"), &mqttgateway.AccessKeyOptions{
		Secret: deviceSecret,
		Access: mqttgateway.AccessKeyAccess_GRANTED,
	})
	measurements.GrantPublish(devices)
	commands.GrantSubscribe(devices)
	machines := mqtt.AddAccessKey(jsii.String("plant-machines"), &mqttgateway.AccessKeyOptions{
		Secret:  deviceSecret,
		Account: contractor,
		Access:  mqttgateway.AccessKeyAccess_GRANTED,
	})
	commands.GrantPublish(machines)
	commands.GrantSubscribe(machines)
	mqtt.AddAccessKey(jsii.String("plant-operator"), nil) // its secret is generated at deploy
}

// webhook: who is told when the plant's gateways are runnable, and of alarms. Its secret is generated at deploy.
func webhook() *mqttgateway.WebhookOptions {
	url := fromEnvironment("MQTTGW_WEBHOOK_URL")
	if url == nil {
		return nil
	}
	return &mqttgateway.WebhookOptions{Url: url}
}

// addOffice: basic, on the region's shared store.
func addOffice(stack cdktf.TerraformStack, deviceSecret *string) {
	office := mqttgateway.NewRegion(stack, jsii.String("office"), withImages(mqttgateway.RegionProps{
		StandardStoreMemoryMegabytes: jsii.Number(256),
		StandardStoreRemovalPolicy:   mqttgateway.RemovalPolicy_DESTROY,
	}))

	mqtt := mqttgateway.NewMqttInstance(stack, jsii.String("office-mqtt"), &mqttgateway.MqttInstanceProps{
		Region:       office,
		BindAddress:  jsii.String("127.0.0.1"),
		Tcp:          &mqttgateway.ListenerOptions{Port: jsii.Number(31883)},
		Tls:          &mqttgateway.ListenerOptions{Port: jsii.Number(31884)},
		Websocket:    &mqttgateway.ListenerOptions{Port: jsii.Number(31080)},
		WebsocketTls: &mqttgateway.ListenerOptions{Port: jsii.Number(31443)},
		FlashPolicy:  &mqttgateway.ListenerOptions{Enabled: jsii.Bool(false)},
		Http:         &mqttgateway.HttpListenerOptions{Port: jsii.Number(31180)},
	})
	storage := mqtt.BindToNewStandardStorage(&mqttgateway.StorageInstanceOptions{
		Description:   jsii.String("rooms and badges"),
		RemovalPolicy: mqttgateway.RemovalPolicy_DESTROY,
	}).StorageInstance()
	for _, name := range []string{"rooms", "badges", "printers", "lights"} {
		storage.AddParentTopic(&name, nil)
	}
	mqtt.AddGroupId(jsii.String("GID_office"), nil)
	mqtt.AddAccessKey(jsii.String("office-key"), &mqttgateway.AccessKeyOptions{Secret: deviceSecret})
}

// withImages adds labels and the names of images: they have public defaults; other names are taken from the environment.
func withImages(props mqttgateway.RegionProps) *mqttgateway.RegionProps {
	props.Labels = &map[string]*string{"team": jsii.String("telemetry")}
	props.GatewayImage = fromEnvironment("MQTTGW_GATEWAY_IMAGE")
	props.BaseImage = fromEnvironment("MQTTGW_BASE_IMAGE")
	props.StoreImage = fromEnvironment("MQTTGW_STORE_IMAGE")
	props.FrontImage = fromEnvironment("MQTTGW_FRONT_IMAGE")
	return &props
}

// fromEnvironment gives a variable, or nil where it is not set: the default of a property.
func fromEnvironment(name string) *string {
	if value := os.Getenv(name); value != "" {
		return &value
	}
	return nil
}
