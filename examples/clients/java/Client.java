// Connects, subscribes, sends one message and waits until it comes back. With Eclipse Paho's jar from Maven Central:
//   java -cp org.eclipse.paho.client.mqttv3-1.2.5.jar Client.java
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

public class Client {
    static String setting(String name, String otherwise) {
        return System.getenv().getOrDefault(name, otherwise);
    }

    static String sign(String secret, String clientId) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA1");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA1"));
        return Base64.getEncoder().encodeToString(mac.doFinal(clientId.getBytes(StandardCharsets.UTF_8)));
    }

    public static void main(String[] arguments) throws Exception {
        try {
            run();
        } catch (MqttException refused) {
            System.err.println(refused.getMessage());
            System.exit(1); // threads of a client that is closed by the other side would hold the program
        }
    }

    static void run() throws Exception {
        // Paho says tcp where others say mqtt, and ssl for mqtts
        String url = setting("MQTTGW_URL", "mqtt://127.0.0.1:1883").replaceFirst("^mqtts://", "ssl://").replaceFirst("^mqtt://", "tcp://");
        String instanceId = setting("MQTTGW_INSTANCE", "quickstart");
        String keyId = setting("MQTTGW_KEY_ID", "quickstart-key");
        String keySecret = setting("MQTTGW_KEY_SECRET", "quickstart-secret");
        String clientId = setting("MQTTGW_CLIENT_ID", "GID_demo@@@java-1");
        String topic = setting("MQTTGW_TOPIC", "demo/hello");

        MqttConnectOptions options = new MqttConnectOptions();
        options.setMqttVersion(MqttConnectOptions.MQTT_VERSION_3_1_1);
        options.setUserName("Signature|" + keyId + "|" + instanceId);
        options.setPassword(sign(keySecret, clientId).toCharArray());
        options.setCleanSession(false); // what is sent to this client while it is away waits for it

        BlockingQueue<String> received = new ArrayBlockingQueue<>(16);
        MqttClient client = new MqttClient(url, clientId, new MemoryPersistence());
        client.setTimeToWait(30_000);
        client.connect(options);
        client.subscribe(topic, 1, (from, message) -> received.offer(from + " " + new String(message.getPayload(), StandardCharsets.UTF_8)));
        client.publish(topic, "hello from Java".getBytes(StandardCharsets.UTF_8), 1, false); // returns when the message is stored
        String text = received.poll(30, TimeUnit.SECONDS);
        client.disconnect();
        client.close();
        if (text == null) throw new IllegalStateException("the message did not come back within 30 seconds");
        System.out.println(text);
    }
}
