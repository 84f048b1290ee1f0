// Breaks the same rules as the program in TypeScript beside it.
package main

import (
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf-mqtt-gateway/cdktf-mqtt-gateway-go/mqttgateway"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

func main() {
	app := cdktf.NewApp(nil)
	stack := cdktf.NewTerraformStack(app, jsii.String("broken"))
	region := mqttgateway.NewRegion(stack, jsii.String("local"), &mqttgateway.RegionProps{GatewayImage: jsii.String("mqttgw:golden")})

	first := mqttgateway.NewMqttInstance(stack, jsii.String("first"), &mqttgateway.MqttInstanceProps{Region: region, Replicas: jsii.Number(2)})
	storageInstance := first.BindToNewStandardStorage(nil).StorageInstance()
	storageInstance.AddParentTopic(jsii.String("GID_topic"), nil)
	first.AddGroupId(jsii.String("sensors"), nil)
	first.AddAccessKey(jsii.String("key"), &mqttgateway.AccessKeyOptions{Secret: jsii.String("quickstart-secret")})

	second := mqttgateway.NewMqttInstance(stack, jsii.String("second"), &mqttgateway.MqttInstanceProps{
		Region:        region,
		NamespaceType: mqttgateway.NamespaceType_INDEPENDENT,
		Spec:          &mqttgateway.MqttInstanceSpec{Tps: jsii.Number(10), Connections: jsii.Number(10), Subscriptions: jsii.Number(10)},
	})
	second.BindTo(storageInstance)
	mqttgateway.NewMqttInstance(stack, jsii.String("unbound"), &mqttgateway.MqttInstanceProps{Region: region})
	mqttgateway.NewStorageInstance(stack, jsii.String("s"), &mqttgateway.StorageInstanceProps{Region: region, Edition: mqttgateway.StorageEdition_STANDARD})

	app.Synth()
}
